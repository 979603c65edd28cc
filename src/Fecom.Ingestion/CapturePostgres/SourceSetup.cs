using Microsoft.Extensions.Options;
using Npgsql;
using Npgsql.Replication;
using Npgsql.Replication.PgOutput;

namespace Fecom.Ingestion.CapturePostgres;

/// <summary>What the captured table publishes.</summary>
/// <param name="Columns">Names and types, in the table's order.</param>
/// <param name="RowFilter">SQL condition on its rows; null for all.</param>
/// <param name="Key">Columns of its primary key, or else of its replica identity's index; empty when it has neither.</param>
/// <param name="Identity">See <see cref="PublicationState.Identity"/>.</param>
internal sealed record PublishedTable(IReadOnlyList<SourceColumn> Columns, string? RowFilter, IReadOnlyList<string> Key, string Identity);

/// <summary>A column.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">OID of its type; of a domain, that of what it is made of.</param>
/// <param name="IsKey">Whether PostgreSQL tells it of a row that was changed or removed.</param>
/// <param name="IsPrimary">Whether it is one of the columns that name a row.</param>
/// <param name="MoneyDigits">Of money: its digits after the point.</param>
internal readonly record struct SourceColumn(string Name, uint Type, bool IsKey, bool IsPrimary, int MoneyDigits = 2);

/// <summary>Sees to it that the server has what the capture needs, or says what it lacks.</summary>
internal sealed class SourceSetup(IOptions<CaptureOptions> options)
{
    private CaptureOptions Options => options.Value;

    private string Quoted => $"{Quote(Options.TableName.Schema)}.{Quote(Options.TableName.Name)}";

    /// <exception cref="CaptureException">It does not write its WAL for that.</exception>
    public static async Task<SourceServer> IdentifyAsync(LogicalReplicationConnection connection, CancellationToken cancellationToken)
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
        if (await ScalarAsync(connection, "select to_regclass($1)::oid::bigint", [Quoted], cancellationToken) is not long table)
        {
            throw new CaptureException($"There is no table {Options.Table} in the database {connection.Database}: see Ingestion:Capture:Table.");
        }

        if (await ScalarAsync(connection, "select 1 from pg_publication where pubname = $1", [Options.Publication], cancellationToken) is null)
        {
            await CreatePublicationAsync(connection, table, cancellationToken);
        }

        PublicationState state = await LookAsync(connection, cancellationToken);
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
    public async Task<PublicationState> LookAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = Command(
            connection,
            $"""
            select t.oid::bigint, p.oid::bigint, r.oid::bigint, p.pubinsert, p.pubupdate or p.pubdelete, t.oid is null or {HasIdentity(connection, "t.oid")},
                exists (select from pg_publication_tables where pubname = $2 and schemaname = $3 and tablename = $4)
            from (select to_regclass($1)::oid as oid) as t
            left join pg_publication p on p.pubname = $2
            left join pg_publication_rel r on r.prpubid = p.oid and r.prrelid = t.oid
            """,
            [Quoted, Options.Publication, Options.TableName.Schema, Options.TableName.Name]
        );
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new PublicationState
        {
            Table = Oid(reader, 0),
            Publication = Oid(reader, 1),
            Place = Oid(reader, 2),
            Inserts = !await reader.IsDBNullAsync(3, cancellationToken) && reader.GetBoolean(3),
            BreaksChanges = !await reader.IsDBNullAsync(4, cancellationToken) && reader.GetBoolean(4) && !reader.GetBoolean(5),
            IsPublished = reader.GetBoolean(6),
        };
    }

    /// <summary>What is said of a publication that keeps the shop from changing its own rows.</summary>
    public string BrokenChanges =>
        $"The publication {Options.Publication} publishes updates or deletes, and {Options.Table} has neither a primary key nor another replica identity: PostgreSQL refuses the shop's own UPDATE and DELETE."
        + $" alter publication {Quote(Options.Publication)} set (publish = 'insert'), or give the table a primary key.";

    /// <summary>Drops a slot that this Fecom made; there may be none any more.</summary>
    public async Task DropSlotAsync(LogicalReplicationConnection connection, NpgsqlConnection sql, CancellationToken cancellationToken)
    {
        if (await SourceDatabase.SlotAsync(sql, Options.Slot, cancellationToken) is not null)
        {
            await connection.DropReplicationSlot(Options.Slot, wait: false, cancellationToken);
        }
    }

    /// <summary>Creates the slot and exports the snapshot of the database as it was then.</summary>
    /// <exception cref="CaptureException">The server has no room for it.</exception>
    public async Task<PgOutputReplicationSlot> CreateSlotAsync(LogicalReplicationConnection connection, CancellationToken cancellationToken)
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
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.ConfigurationLimitExceeded or PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new CaptureException($"PostgreSQL does not make the slot {Options.Slot}: {e.MessageText}. {e.Hint}", e);
        }
    }

    /// <summary>The rows that the publication publishes.</summary>
    public string Select(PublishedTable table)
    {
        string[] conditions = [.. new[] { table.RowFilter, Options.SnapshotWhere }.Where(condition => !string.IsNullOrWhiteSpace(condition)).Select(condition => $"({condition})")];
        return $"select {string.Join(", ", table.Columns.Select(column => Quote(column.Name)))} from {Quoted}"
            + (conditions.Length == 0 ? "" : $" where {string.Join(" and ", conditions)}");
    }

    /// <summary>
    /// Where rows have no identity, only what makes events is published: PostgreSQL refuses to update or delete a row that it
    /// publishes and cannot name.
    /// </summary>
    private async Task CreatePublicationAsync(NpgsqlConnection connection, long table, CancellationToken cancellationToken)
    {
        bool hasIdentity = await ScalarAsync(connection, $"select {HasIdentity(connection, "$1::bigint::oid")}", [table], cancellationToken) is true;
        string[] settings =
        [
            .. hasIdentity ? (string[])[] : ["publish = 'insert'"],
            .. connection.PostgreSqlVersion.Major >= 13 ? (string[])["publish_via_partition_root = true"] : [],
        ];
        string create = $"create publication {Quote(Options.Publication)} for table {Quoted}{(settings.Length == 0 ? "" : $" with ({string.Join(", ", settings)})")}";
        try
        {
            await using NpgsqlCommand command = new(create, connection);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new CaptureException($"PostgreSQL lets the role not create the publication: {e.MessageText}. Have the table's owner run: {create}", e);
        }
    }

    private async Task<PublishedTable?> PublishedAsync(NpgsqlConnection connection, long table, string identity, CancellationToken cancellationToken)
    {
        string[]? published = null;
        string? filter = null;
        string lists = connection.PostgreSqlVersion.Major >= 15 ? "attnames::text[], rowfilter" : "null::text[], null::text";
        await using (NpgsqlCommand command = Command(connection, $"select {lists} from pg_publication_tables where pubname = $1 and schemaname = $2 and tablename = $3", [Options.Publication, Options.TableName.Schema, Options.TableName.Name]))
        await using (NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            if (!await reader.ReadAsync(cancellationToken))
            {
                return null;
            }

            published = await reader.IsDBNullAsync(0, cancellationToken) ? null : reader.GetFieldValue<string[]>(0);
            filter = await reader.IsDBNullAsync(1, cancellationToken) ? null : reader.GetString(1);
        }

        IReadOnlyList<string> key = await KeyAsync(connection, table, cancellationToken);
        List<SourceColumn> columns = [];
        string generated = connection.PostgreSqlVersion.Major >= 12 ? "and attgenerated = ''" : "";
        await using NpgsqlCommand attributes = Command(
            connection,
            $"select attname::text, atttypid::bigint from pg_attribute where attrelid = $1::bigint::oid and attnum > 0 and not attisdropped {generated} order by attnum",
            [table]
        );
        await using (NpgsqlDataReader names = await attributes.ExecuteReaderAsync(cancellationToken))
        {
            while (await names.ReadAsync(cancellationToken))
            {
                if (published is null || published.Contains(names.GetString(0), StringComparer.Ordinal))
                {
                    columns.Add(new SourceColumn(names.GetString(0), (uint)names.GetInt64(1), IsKey: false, key.Contains(names.GetString(0), StringComparer.Ordinal)));
                }
            }
        }

        return new PublishedTable(await SourceTypes.ResolveAsync(connection, columns, cancellationToken), filter, key, identity);
    }

    /// <summary>SQL that tells whether every row of a table, and of its partitions, can be named to a subscriber.</summary>
    private static string HasIdentity(NpgsqlConnection connection, string table)
    {
        string leaves = connection.PostgreSqlVersion.Major >= 12 ? $"or c.oid in (select relid from pg_partition_tree({table}) where isleaf)" : "";
        return $"""
            (select coalesce(bool_and(c.relreplident in ('f', 'i') or (c.relreplident = 'd' and exists (select from pg_index where indrelid = c.oid and indisprimary))), true)
            from pg_class c where (c.oid = {table} and c.relkind <> 'p') {leaves})
            """;
    }

    private static long? Oid(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetInt64(column);

    private static async Task<IReadOnlyList<string>> KeyAsync(NpgsqlConnection connection, long table, CancellationToken cancellationToken) =>
        await ScalarAsync(
            connection,
            """
            select array_agg(attname::text order by attnum)
            from (select indrelid, indkey from pg_index where indrelid = $1::bigint::oid and (indisprimary or indisreplident) order by indisprimary desc limit 1) as i
            join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
            """,
            [table],
            cancellationToken
        ) as string[]
        ?? [];

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql, object[] values, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = Command(connection, sql, values);
        return await command.ExecuteScalarAsync(cancellationToken) is { } value and not DBNull ? value : null;
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, object[] values)
    {
        NpgsqlCommand command = new(sql, connection);
        foreach (object value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }

        return command;
    }

    private static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
