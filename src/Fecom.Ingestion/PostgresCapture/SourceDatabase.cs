using Dapper;
using Microsoft.Extensions.Options;
using Npgsql;
using Npgsql.Replication;
using NpgsqlTypes;

namespace Fecom.Ingestion.PostgresCapture;

/// <summary>Identifies a PostgreSQL server and a database.</summary>
/// <param name="SystemId">Its cluster, whatever its address.</param>
/// <param name="Database">The database.</param>
internal sealed record SourceServer(string SystemId, string Database);

/// <summary>The captured table's slot as PostgreSQL sees it.</summary>
internal sealed record SlotState
{
    public required bool Active { get; init; }

    /// <summary>End of the server's WAL, as far as it is on its disk.</summary>
    public required NpgsqlLogSequenceNumber End { get; init; }

    /// <summary><c>reserved</c>, <c>extended</c>, <c>unreserved</c> or <c>lost</c>; null before PostgreSQL 13.</summary>
    public string? WalStatus { get; init; }

    public string? Confirmed { get; init; }

    /// <summary>Bytes of WAL that PostgreSQL keeps for the slot.</summary>
    public long? Retained { get; init; }

    /// <summary>Bytes of WAL after what was confirmed.</summary>
    public long? Lag { get; init; }
}

/// <summary>Connections to the captured database. All write values in the same form, whatever the server's settings are.</summary>
internal sealed class SourceDatabase(IOptions<CaptureOptions> options)
{
    private const string Forms =
        "-c datestyle=ISO -c intervalstyle=postgres -c extra_float_digits=3 -c bytea_output=hex";

    /// <summary>A standby can be followed too, from PostgreSQL 16 on.</summary>
    private const string End =
        "case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_flush_lsn() end";

    /// <summary>A connection without a command timeout.</summary>
    public Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken) =>
        OpenAsync(ConnectionString(), cancellationToken);

    /// <exception cref="CaptureException">The role may not replicate.</exception>
    public async Task<LogicalReplicationConnection> OpenReplicationAsync(CancellationToken cancellationToken)
    {
        LogicalReplicationConnection connection = new(ConnectionString());
        try
        {
            await connection.Open(cancellationToken);
            return connection;
        }
        catch (PostgresException e)
            when (e.SqlState
                    is PostgresErrorCodes.InsufficientPrivilege
                        or PostgresErrorCodes.InvalidAuthorizationSpecification
            )
        {
            await connection.DisposeAsync();
            throw new CaptureException(
                $"PostgreSQL lets the role not replicate: {e.MessageText}. It needs REPLICATION (alter role … replication; a cloud has a role of its own for that), and pg_hba.conf must let it in.",
                e
            );
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>The slot; null when there is none.</summary>
    public static async Task<SlotState?> SlotAsync(
        NpgsqlConnection connection,
        string slot,
        CancellationToken cancellationToken
    )
    {
        string walStatus = connection.PostgreSqlVersion.Major >= 13 ? "wal_status" : "null::text";
        SlotRow? row = await connection.QueryFirstOrDefaultAsync<SlotRow>(
            new CommandDefinition(
                $"""
                select active, now.lsn::text as WalEnd, {walStatus} as WalStatus, confirmed_flush_lsn::text as Confirmed,
                    pg_wal_lsn_diff(now.lsn, restart_lsn)::bigint as Retained, pg_wal_lsn_diff(now.lsn, confirmed_flush_lsn)::bigint as Lag
                from pg_replication_slots, (select {End}) as now (lsn)
                where slot_name = @slot
                """,
                new { slot },
                cancellationToken: cancellationToken
            )
        );
        return row is null
            ? null
            : new SlotState
            {
                Active = row.Active,
                End = NpgsqlLogSequenceNumber.Parse(row.WalEnd),
                WalStatus = row.WalStatus,
                Confirmed = row.Confirmed,
                Retained = row.Retained is { } retained ? Math.Max(0, retained) : null,
                Lag = row.Lag is { } lag ? Math.Max(0, lag) : null,
            };
    }

    /// <summary>A connection with a short timeout.</summary>
    public async Task<NpgsqlConnection> OpenAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        NpgsqlConnectionStringBuilder builder = new(ConnectionString())
        {
            Timeout = (int)timeout.TotalSeconds,
            CommandTimeout = (int)timeout.TotalSeconds,
        };
        return await OpenAsync(builder.ConnectionString, cancellationToken);
    }

    /// <summary>End of the WAL that is on the server's disk.</summary>
    public async Task<NpgsqlLogSequenceNumber> FlushedAsync(CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await OpenAsync(cancellationToken);
        string end = await connection.QuerySingleAsync<string>(
            new CommandDefinition($"select ({End})::text", cancellationToken: cancellationToken)
        );
        return NpgsqlLogSequenceNumber.Parse(end);
    }

    private static async Task<NpgsqlConnection> OpenAsync(string connectionString, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = new(connectionString);
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private string ConnectionString()
    {
        NpgsqlConnectionStringBuilder builder = new(options.Value.ConnectionString);
        builder.Options = string.IsNullOrEmpty(builder.Options) ? Forms : $"{builder.Options} {Forms}";
        builder.Timezone = "UTC";
        builder.ApplicationName ??= "fecom capture";
        builder.CommandTimeout = 0;
        builder.ReadBufferSize = 64 * 1024;
        builder.MaxPoolSize = Math.Min(builder.MaxPoolSize, 4);
        builder.MinPoolSize = 0;
        return builder.ConnectionString;
    }

    private sealed record SlotRow(
        bool Active,
        string WalEnd,
        string? WalStatus,
        string? Confirmed,
        long? Retained,
        long? Lag
    );
}
