using System.Text.Json;
using Dapper;
using Fecom.Platform.Hosts;
using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Serving.SetRules;

/// <summary>The versions of the rules in PostgreSQL.</summary>
internal sealed class RuleSetTable(NpgsqlDataSource database, TimeProvider time)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    /// <summary>What is in force while there was no version.</summary>
    public static RuleSetVersion None { get; } = new(0, null, null, null, new RuleSetBody(Rules: []));

    /// <summary>Adds a version.</summary>
    /// <returns>The version; null when another than <paramref name="replaces"/> is in force.</returns>
    public async Task<RuleSetVersion?> AddAsync(
        RuleSetBody set,
        int? replaces,
        string by,
        string reason,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        await connection.ExecuteAsync(
            new CommandDefinition(
                "lock table serving.rule_set in exclusive mode",
                transaction: transaction,
                cancellationToken: cancellationToken
            )
        );
        Row? row = await connection.QueryFirstOrDefaultAsync<Row>(
            new CommandDefinition(
                $"""
                insert into serving.rule_set (version, changed_at, changed_by, reason, rules)
                select coalesce(max(version), 0) + 1, @now, @by, @reason, @rules::jsonb from serving.rule_set
                having @replaces::int is null or coalesce(max(version), 0) = @replaces
                returning version, changed_at as ChangedAt, changed_by as ChangedBy, reason, rules::text as Rules{Notices.Sql(
                    ServingNotices.Rules
                )}
                """,
                new
                {
                    now = time.GetUtcNow().UtcDateTime,
                    by,
                    reason,
                    replaces,
                    rules = JsonSerializer.Serialize(set, Json),
                },
                transaction,
                cancellationToken: cancellationToken
            )
        );
        await transaction.CommitAsync(cancellationToken);
        return row is null ? null : Read(row);
    }

    /// <summary>The version in force.</summary>
    public async Task<RuleSetVersion> NewestAsync(CancellationToken cancellationToken) =>
        (await ListAsync(long.MaxValue, 1, cancellationToken)).FirstOrDefault() ?? None;

    /// <summary>Number of the version in force; 0 while there was none.</summary>
    public Task<int> NewestNumberAsync(CancellationToken cancellationToken) =>
        database.ReadAsync<int>("select coalesce(max(version), 0) from serving.rule_set", null, cancellationToken);

    /// <summary>One version; null when there is none with the number.</summary>
    public async Task<RuleSetVersion?> FindAsync(int version, CancellationToken cancellationToken) =>
        (await ListAsync(version + 1L, 1, cancellationToken)).FirstOrDefault(found => found.Version == version);

    /// <summary>Versions below a number, newest first.</summary>
    public async Task<IReadOnlyList<RuleSetVersion>> ListAsync(
        long below,
        int limit,
        CancellationToken cancellationToken
    ) =>
        [
            .. (
                await database.QueryAsync<Row>(
                    """
                    select version, changed_at as ChangedAt, changed_by as ChangedBy, reason, rules::text as Rules
                    from serving.rule_set where version < @below order by version desc limit @limit
                    """,
                    new { below, limit },
                    cancellationToken
                )
            ).Select(Read),
        ];

    private static RuleSetVersion Read(Row row) =>
        new(
            row.Version,
            new DateTimeOffset(row.ChangedAt, TimeSpan.Zero),
            row.ChangedBy,
            row.Reason,
            JsonSerializer.Deserialize<RuleSetBody>(row.Rules, Json)!
        );

    private sealed record Row(int Version, DateTime ChangedAt, string ChangedBy, string Reason, string Rules);
}
