using Dapper;
using Microsoft.Extensions.Options;
using Npgsql;
using Npgsql.Replication;
using Npgsql.Replication.PgOutput;

namespace Fecom.Ingestion.PostgresCapture;

/// <summary>What the captured table publishes.</summary>
/// <param name="Columns">Names and types, in the table's order.</param>
/// <param name="RowFilter">SQL condition on its rows; null for all.</param>
/// <param name="Key">Columns of its primary key, or else of its replica identity's index; empty when it has neither.</param>
/// <param name="Identity">See <see cref="PublicationState.Identity"/>.</param>
internal sealed record PublishedTable(
    IReadOnlyList<SourceColumn> Columns,
    string? RowFilter,
    IReadOnlyList<string> Key,
    string Identity
);

/// <summary>A column.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">OID of its type; of a domain, that of what it is made of.</param>
/// <param name="IsKey">Whether PostgreSQL sends it for an updated or deleted row.</param>
/// <param name="IsPrimary">Whether it is one of the columns that identify a row.</param>
/// <param name="MoneyDigits">Of money: its digits after the point.</param>
internal readonly record struct SourceColumn(string Name, uint Type, bool IsKey, bool IsPrimary, int MoneyDigits = 2);

/// <summary>Creates on the server what the capture needs, or reports what is missing.</summary>
internal sealed class SourceSetup(IOptions<CaptureOptions> options)
{
    private CaptureOptions Options => options.Value;

    private string Quoted => $"{Quote(Options.TableName.Schema)}.{Quote(Options.TableName.Name)}";

    /// <exception cref="CaptureException">The server's <c>wal_level</c> is not <c>logical</c>.</exception>
    public static async Task<SourceServer> IdentifyAsync(
        LogicalReplicationConnection connection,
        CancellationToken cancellationToken
    )
    {
        string level = await connection.Show("wal_level", cancellationToken);
        if (level != "logical")
        {
            throw new CaptureException(
                $"PostgreSQL's wal_level is {level}: set wal_level = logical in postgresql.conf (alter system set wal_level = logical) and restart the server."
            );
        }

        ReplicationSystemIdentification system = await connection.IdentifySystem(cancellationToken);
        return new SourceServer(system.SystemId, system.DbName!);
    }

    /// <summary>Creates the publication when it is missing, and reads what it publishes of the table.</summary>
    /// <exception cref="CaptureException">There is no such table, the publication leaves it out, or the role may not create one.</exception>
    public async Task<PublishedTable> PublishAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (
            await ScalarAsync<long?>(
                connection,
                "select to_regclass(@Quoted)::oid::bigint",
                new { Quoted },
                cancellationToken
            )
            is not { } table
        )
        {
            throw new CaptureException(
                $"There is no table {Options.Table} in the database {connection.Database}: see Ingestion:Capture:Table."
            );
        }

        if (
            !await ScalarAsync<bool>(
                connection,
                "select exists (select from pg_publication where pubname = @Publication)",
                new { Options.Publication },
                cancellationToken
            )
        )
        {
            await CreatePublicationAsync(connection, table, cancellationToken);
        }

        PublicationState state = await ReadStateAsync(connection, cancellationToken);
        if (state is { IsPublished: true, Inserts: false })
        {
            throw new CaptureException(
                $"The publication {Options.Publication} publishes no inserts: alter publication {Quote(Options.Publication)} set (publish = 'insert'), or name another in Ingestion:Capture:Publication."
            );
        }

        return await PublishedAsync(connection, table, state.Identity, cancellationToken)
            ?? throw new CaptureException(
                $"The publication {Options.Publication} does not publish {Options.Table}: alter publication {Quote(Options.Publication)} add table {Quoted}"
                    + " (of a partitioned table, it must be set to publish_via_partition_root), or name another in Ingestion:Capture:Publication."
            );
    }

    /// <summary>The table and its publication as they are now.</summary>
    public async Task<PublicationState> ReadStateAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        PublicationRow row = await connection.QueryFirstAsync<PublicationRow>(
            new CommandDefinition(
                $"""
                select t.oid::bigint as "Table", p.oid::bigint as Publication, r.oid::bigint as Place, p.pubinsert as Inserts,
                    p.pubupdate or p.pubdelete as Changes, t.oid is null or {HasIdentity(
                    connection,
                    "t.oid"
                )} as HasIdentity,
                    exists (select from pg_publication_tables where pubname = @Publication and schemaname = @Schema and tablename = @Name) as IsPublished
                from (select to_regclass(@Quoted)::oid as oid) as t
                left join pg_publication p on p.pubname = @Publication
                left join pg_publication_rel r on r.prpubid = p.oid and r.prrelid = t.oid
                """,
                new
                {
                    Quoted,
                    Options.Publication,
                    Options.TableName.Schema,
                    Options.TableName.Name,
                },
                cancellationToken: cancellationToken
            )
        );
        return new PublicationState
        {
            Table = row.Table,
            Publication = row.Publication,
            Place = row.Place,
            Inserts = row.Inserts is true,
            BreaksChanges = row.Changes is true && !row.HasIdentity,
            IsPublished = row.IsPublished,
        };
    }

    /// <summary>The message about a publication that keeps the shop from changing its own rows.</summary>
    public string BrokenChanges =>
        $"The publication {Options.Publication} publishes updates or deletes, and {Options.Table} has neither a primary key nor another replica identity: PostgreSQL refuses the shop's own UPDATE and DELETE."
        + $" alter publication {Quote(Options.Publication)} set (publish = 'insert'), or give the table a primary key.";

    /// <summary>Drops a slot that this Fecom created, if it still exists.</summary>
    public async Task DropSlotAsync(
        LogicalReplicationConnection connection,
        NpgsqlConnection sql,
        CancellationToken cancellationToken
    )
    {
        if (await SourceDatabase.SlotAsync(sql, Options.Slot, cancellationToken) is not null)
        {
            await connection.DropReplicationSlot(Options.Slot, wait: false, cancellationToken);
        }
    }

    /// <summary>Creates the slot and exports the snapshot of the database as it was then.</summary>
    /// <exception cref="CaptureException">The server has no free replication slot.</exception>
    public async Task<PgOutputReplicationSlot> CreateSlotAsync(
        LogicalReplicationConnection connection,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await connection.CreatePgOutputReplicationSlot(
                Options.Slot,
                temporarySlot: false,
                LogicalSlotSnapshotInitMode.Export,
                cancellationToken: cancellationToken
            );
        }
        catch (PostgresException e)
            when (e.SqlState
                    is PostgresErrorCodes.ConfigurationLimitExceeded
                        or PostgresErrorCodes.InsufficientPrivilege
            )
        {
            throw new CaptureException(
                $"PostgreSQL does not make the slot {Options.Slot}: {e.MessageText}. {e.Hint}",
                e
            );
        }
    }

    /// <summary>The rows that the publication publishes.</summary>
    public string Select(PublishedTable table)
    {
        string[] conditions =
        [
            .. new[] { table.RowFilter, Options.SnapshotWhere }
                .Where(condition => !string.IsNullOrWhiteSpace(condition))
                .Select(condition => $"({condition})"),
        ];
        return $"select {string.Join(", ", table.Columns.Select(column => Quote(column.Name)))} from {Quoted}"
            + (conditions.Length == 0 ? "" : $" where {string.Join(" and ", conditions)}");
    }

    /// <summary>
    /// Where rows have no replica identity, only inserts are published: PostgreSQL refuses to update or delete a row that it
    /// publishes and cannot identify.
    /// </summary>
    private async Task CreatePublicationAsync(
        NpgsqlConnection connection,
        long table,
        CancellationToken cancellationToken
    )
    {
        bool hasIdentity = await ScalarAsync<bool>(
            connection,
            $"select {HasIdentity(connection, "@table::bigint::oid")}",
            new { table },
            cancellationToken
        );
        string[] settings =
        [
            .. hasIdentity ? (string[])[] : ["publish = 'insert'"],
            .. connection.PostgreSqlVersion.Major >= 13 ? (string[])["publish_via_partition_root = true"] : [],
        ];
        string create =
            $"create publication {Quote(Options.Publication)} for table {Quoted}{(settings.Length == 0 ? "" : $" with ({string.Join(", ", settings)})")}";
        try
        {
            await connection.ExecuteAsync(new CommandDefinition(create, cancellationToken: cancellationToken));
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new CaptureException(
                $"PostgreSQL lets the role not create the publication: {e.MessageText}. Have the table's owner run: {create}",
                e
            );
        }
    }

    private async Task<PublishedTable?> PublishedAsync(
        NpgsqlConnection connection,
        long table,
        string identity,
        CancellationToken cancellationToken
    )
    {
        string lists =
            connection.PostgreSqlVersion.Major >= 15
                ? "attnames::text[] as Columns, rowfilter as Filter"
                : "null::text[] as Columns, null::text as Filter";
        PublishedRow? published = await connection.QueryFirstOrDefaultAsync<PublishedRow>(
            new CommandDefinition(
                $"select {lists} from pg_publication_tables where pubname = @Publication and schemaname = @Schema and tablename = @Name",
                new
                {
                    Options.Publication,
                    Options.TableName.Schema,
                    Options.TableName.Name,
                },
                cancellationToken: cancellationToken
            )
        );
        if (published is null)
        {
            return null;
        }

        IReadOnlyList<string> key = await KeyAsync(connection, table, cancellationToken);
        string generated = connection.PostgreSqlVersion.Major >= 12 ? "and attgenerated = ''" : "";
        IEnumerable<(string Name, long Type)> attributes = await connection.QueryAsync<(string Name, long Type)>(
            new CommandDefinition(
                $"select attname::text, atttypid::bigint from pg_attribute where attrelid = @table::bigint::oid and attnum > 0 and not attisdropped {generated} order by attnum",
                new { table },
                cancellationToken: cancellationToken
            )
        );
        SourceColumn[] columns =
        [
            .. attributes
                .Where(attribute =>
                    published.Columns is null || published.Columns.Contains(attribute.Name, StringComparer.Ordinal)
                )
                .Select(attribute => new SourceColumn(
                    attribute.Name,
                    (uint)attribute.Type,
                    IsKey: false,
                    key.Contains(attribute.Name, StringComparer.Ordinal)
                )),
        ];
        return new PublishedTable(
            await SourceTypes.ResolveAsync(connection, columns, cancellationToken),
            published.Filter,
            key,
            identity
        );
    }

    /// <summary>SQL condition: whether the table, and each of its partitions, has a replica identity.</summary>
    private static string HasIdentity(NpgsqlConnection connection, string table)
    {
        string leaves =
            connection.PostgreSqlVersion.Major >= 12
                ? $"or c.oid in (select relid from pg_partition_tree({table}) where isleaf)"
                : "";
        return $"""
            (select coalesce(bool_and(c.relreplident in ('f', 'i') or (c.relreplident = 'd' and exists (select from pg_index where indrelid = c.oid and indisprimary))), true)
            from pg_class c where (c.oid = {table} and c.relkind <> 'p') {leaves})
            """;
    }

    private static async Task<IReadOnlyList<string>> KeyAsync(
        NpgsqlConnection connection,
        long table,
        CancellationToken cancellationToken
    ) =>
        await ScalarAsync<string[]>(
            connection,
            """
            select array_agg(attname::text order by attnum)
            from (select indrelid, indkey from pg_index where indrelid = @table::bigint::oid and (indisprimary or indisreplident) order by indisprimary desc limit 1) as i
            join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
            """,
            new { table },
            cancellationToken
        ) ?? [];

    private static Task<T?> ScalarAsync<T>(
        NpgsqlConnection connection,
        string sql,
        object parameters,
        CancellationToken cancellationToken
    ) => connection.ExecuteScalarAsync<T>(new CommandDefinition(sql, parameters, cancellationToken: cancellationToken));

    private static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private sealed record PublicationRow(
        long? Table,
        long? Publication,
        long? Place,
        bool? Inserts,
        bool? Changes,
        bool HasIdentity,
        bool IsPublished
    );

    private sealed record PublishedRow
    {
        public string[]? Columns { get; init; }

        public string? Filter { get; init; }
    }
}
