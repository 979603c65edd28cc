using Fecom.Access.KnowCallers;
using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Access.ManageKeys;

/// <summary>API keys in PostgreSQL.</summary>
internal sealed class ApiKeyTable(NpgsqlDataSource database, CallerDirectory directory)
{
    /// <summary>Keys that hold at once: all of them are in each host's memory.</summary>
    public const int MaxKeys = 10_000;

    private const string Columns = """
        id as "Id", name as "Name", scopes as "Scopes", origins as "Origins", created_at as "CreatedAt",
        created_by as "CreatedBy", expires_at as "ExpiresAt", last_used_at as "LastUsedAt", revoked_at as "RevokedAt"
        """;

    /// <summary>Makes a key.</summary>
    /// <returns>It, and its text, which is shown this once; null when there are too many.</returns>
    public async Task<(ApiKeyRow Row, string Key)?> AddAsync(
        string name,
        string[] scopes,
        string[] origins,
        DateTimeOffset? expiresAt,
        string createdBy,
        CancellationToken cancellationToken
    )
    {
        string secret = ApiKeyText.NewSecret();
        ApiKeyRow? row = await database.FindAsync<ApiKeyRow>(
            $"""
            insert into access.api_key (name, secret_hash, scopes, origins, expires_at, created_by)
            select @name, @hash, @scopes, @origins, @expiresAt, @createdBy
            where (select count(*) from access.api_key where revoked_at is null) < {MaxKeys}
            returning {Columns}
            """,
            new
            {
                name,
                hash = ApiKeyText.Hash(secret),
                scopes,
                origins,
                expiresAt = expiresAt?.UtcDateTime,
                createdBy,
            },
            cancellationToken
        );
        if (row is null)
        {
            return null;
        }

        await directory.RefreshAsync(cancellationToken);
        return (row, ApiKeyText.Write(row.Id, secret, origins.Length > 0));
    }

    /// <summary>The newest below a number; those that were revoked too.</summary>
    public Task<IReadOnlyList<ApiKeyRow>> ListAsync(long below, int count, CancellationToken cancellationToken) =>
        database.QueryAsync<ApiKeyRow>(
            $"select {Columns} from access.api_key where id < @below order by id desc limit @count",
            new { below, count },
            cancellationToken
        );

    /// <summary>Revokes a key; one that was revoked before stays as it is.</summary>
    /// <returns>It; null when there is none.</returns>
    public async Task<ApiKeyRow?> RevokeAsync(long id, CancellationToken cancellationToken)
    {
        ApiKeyRow? row = await database.FindAsync<ApiKeyRow>(
            $"update access.api_key set revoked_at = coalesce(revoked_at, now()) where id = @id returning {Columns}",
            new { id },
            cancellationToken
        );
        await directory.RefreshAsync(cancellationToken);
        return row;
    }
}

/// <summary>A row of the table.</summary>
internal sealed record ApiKeyRow
{
    public required long Id { get; init; }

    public required string Name { get; init; }

    public required string[] Scopes { get; init; }

    public required string[] Origins { get; init; }

    public required DateTime CreatedAt { get; init; }

    public required string CreatedBy { get; init; }

    public DateTime? ExpiresAt { get; init; }

    public DateTime? LastUsedAt { get; init; }

    public DateTime? RevokedAt { get; init; }
}
