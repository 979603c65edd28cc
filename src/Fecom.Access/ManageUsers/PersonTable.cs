using Fecom.Access.KnowCallers;
using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Access.ManageUsers;

/// <summary>People in PostgreSQL.</summary>
internal sealed class PersonTable(NpgsqlDataSource database, CallerDirectory directory)
{
    /// <summary>All of them are in each host's memory.</summary>
    public const int MaxPeople = 10_000;

    private const string Columns = """
        id as "Id", name as "Name", role as "Role", created_at as "CreatedAt", created_by as "CreatedBy"
        """;

    /// <summary>Adds a person; null when the name is taken, or there are too many.</summary>
    public async Task<PersonRow?> AddAsync(
        string name,
        string role,
        string passwordHash,
        string createdBy,
        CancellationToken cancellationToken
    )
    {
        PersonRow? row = await database.FindAsync<PersonRow>(
            $"""
            insert into access.person (name, role, password_hash, created_by)
            select @name, @role, @passwordHash, @createdBy where (select count(*) from access.person) < {MaxPeople}
            on conflict do nothing returning {Columns}
            """,
            new
            {
                name,
                role,
                passwordHash,
                createdBy,
            },
            cancellationToken
        );
        await directory.RefreshAsync(cancellationToken);
        return row;
    }

    /// <summary>The newest below a number.</summary>
    public Task<IReadOnlyList<PersonRow>> ListAsync(long below, int count, CancellationToken cancellationToken) =>
        database.QueryAsync<PersonRow>(
            $"select {Columns} from access.person where id < @below order by id desc limit @count",
            new { below, count },
            cancellationToken
        );

    /// <summary>Gives a person another role, another password or both; what is null stays. Their sessions end.</summary>
    public async Task<PersonRow?> ChangeAsync(
        long id,
        string? role,
        string? passwordHash,
        CancellationToken cancellationToken
    )
    {
        PersonRow? row = await database.FindAsync<PersonRow>(
            $"""
            update access.person set role = coalesce(@role, role), password_hash = coalesce(@passwordHash, password_hash),
                stamp = gen_random_uuid()
            where id = @id returning {Columns}
            """,
            new
            {
                id,
                role,
                passwordHash,
            },
            cancellationToken
        );
        await directory.RefreshAsync(cancellationToken);
        return row;
    }

    /// <summary>Removes a person; their sessions end.</summary>
    public async Task<bool> RemoveAsync(long id, CancellationToken cancellationToken)
    {
        int removed = await database.ExecuteAsync(
            "delete from access.person where id = @id",
            new { id },
            cancellationToken
        );
        await directory.RefreshAsync(cancellationToken);
        return removed > 0;
    }
}

/// <summary>A row of the table.</summary>
internal sealed record PersonRow
{
    public required long Id { get; init; }

    public required string Name { get; init; }

    public required string Role { get; init; }

    public required DateTime CreatedAt { get; init; }

    public required string CreatedBy { get; init; }
}
