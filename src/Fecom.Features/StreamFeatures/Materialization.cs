using System.Diagnostics;
using Fecom.Contracts;
using Fecom.Learning.Views;
using Fecom.Platform.Messaging;
using Microsoft.Extensions.Logging;
using Npgsql;
using NpgsqlTypes;

namespace Fecom.Features.StreamFeatures;

/// <summary>
/// Builds the states of every view from all events of bronze, and puts the features' sink where bronze stands: from there the
/// stream goes on, so each event counts once. Needed once after an upgrade to other views, and to build the features anew.
/// </summary>
/// <remarks>
/// It is one transaction. It locks the states, so that the stream waits until it ends, and then finds that its partitions were
/// moved. One entity is in memory at a time: PostgreSQL sorts the events, view by view.
/// </remarks>
internal sealed partial class Materialization(
    NpgsqlDataSource database,
    TimeProvider time,
    ILogger<Materialization> logger
)
{
    private static readonly NpgsqlDbType[] Types =
    [
        NpgsqlDbType.Text,
        NpgsqlDbType.Bigint,
        NpgsqlDbType.TimestampTz,
        NpgsqlDbType.Bytea,
    ];

    private volatile bool _isDone;
    private int _running;

    /// <summary>Whether the states are being built, while their stream waits.</summary>
    public bool IsRunning => Volatile.Read(ref _running) > 0;

    /// <summary>Builds the states where an upgrade has asked for it; looks once in the life of a host.</summary>
    public async Task EnsureAsync(CancellationToken cancellationToken)
    {
        if (_isDone)
        {
            return;
        }

        await using (NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken))
        {
            if (await IsAskedAsync(connection, cancellationToken))
            {
                await RunAsync(onlyIfAsked: true, cancellationToken);
            }
        }

        _isDone = true;
    }

    /// <summary>Builds the states.</summary>
    /// <param name="onlyIfAsked">Leaves them when another host has built them meanwhile.</param>
    /// <param name="cancellationToken">Gives up; then all is as it was.</param>
    /// <returns>States that were written.</returns>
    public async Task<long> RunAsync(bool onlyIfAsked, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _running);
        try
        {
            return await BuildAsync(onlyIfAsked, cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    private async Task<long> BuildAsync(bool onlyIfAsked, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        await using NpgsqlConnection writer = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await writer.BeginTransactionAsync(
            System.Data.IsolationLevel.RepeatableRead,
            cancellationToken
        );
        // The locks come before the snapshot: what the stream has committed before them is in it.
        await ExecuteAsync(
            writer,
            $"lock table {string.Join(", ", StateTable.All.Select(table => table.Name))} in access exclusive mode",
            cancellationToken
        );
        await SinkPositions.HoldAsync(writer, OnlineStoreWriter.Sink, cancellationToken);
        if (onlyIfAsked && !await IsAskedAsync(writer, cancellationToken))
        {
            return 0;
        }

        await using NpgsqlConnection reader = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction snapshot = await ShareAsync(writer, reader, cancellationToken);
        await ExecuteAsync(
            writer,
            $"truncate features.rebuild, features.tick, {string.Join(", ", StateTable.All.Select(table => table.Name))}",
            cancellationToken
        );
        long written = 0;
        foreach (StateTable table in StateTable.All)
        {
            written += await FoldAsync(table, reader, writer, cancellationToken);
        }

        // So many versions at once that Redis is behind by more than its ticks tell: it is brought up by a look through all states.
        await SinkPositions.CopyAsync(
            writer,
            from: "bronze",
            to: OnlineStoreWriter.Sink,
            TickTable.Kept + 1,
            cancellationToken
        );
        await transaction.CommitAsync(cancellationToken);
        LogBuilt(written, Stopwatch.GetElapsedTime(start).TotalSeconds);
        return written;
    }

    private static async Task<bool> IsAskedAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new("select exists (select from features.rebuild)", connection);
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task<NpgsqlTransaction> ShareAsync(
        NpgsqlConnection owner,
        NpgsqlConnection other,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlCommand export = new("select pg_export_snapshot()", owner);
        string name = (string)(await export.ExecuteScalarAsync(cancellationToken))!;
        NpgsqlTransaction transaction = await other.BeginTransactionAsync(
            System.Data.IsolationLevel.RepeatableRead,
            cancellationToken
        );
        await ExecuteAsync(other, $"set transaction snapshot '{name}'", cancellationToken);
        return transaction;
    }

    /// <summary>Writes the view's states; the events come entity by entity.</summary>
    private async Task<long> FoldAsync(
        StateTable table,
        NpgsqlConnection reader,
        NpgsqlConnection writer,
        CancellationToken cancellationToken
    )
    {
        DateTime now = time.GetUtcNow().UtcDateTime;
        long revision = Revisions.First(now);
        await using NpgsqlBinaryExporter events = await reader.BeginBinaryExportAsync(
            BronzeEvents.Copy(table.View.Entity),
            cancellationToken
        );
        events.Timeout = Timeout.InfiniteTimeSpan;
        await using NpgsqlBinaryImporter states = await writer.BeginBinaryImportAsync(
            $"copy features.state_{table.View.Name} (entity, revision, updated_at, state) from stdin (format binary)",
            cancellationToken
        );
        states.Timeout = Timeout.InfiniteTimeSpan;
        string? current = null;
        EntityState? state = null;
        long written = 0;
        while (await events.StartRowAsync(cancellationToken) != -1)
        {
            BehaviorEvent e = await BronzeEvents.ReadAsync(events, cancellationToken);
            if (table.View.EntityOf(e) is not { } entity)
            {
                continue;
            }

            if (entity != current)
            {
                written += await WriteAsync(states, current, state, revision, now, cancellationToken);
                (current, state) = (entity, table.View.Create());
            }

            state!.Step(e);
        }

        written += await WriteAsync(states, current, state, revision, now, cancellationToken);
        await states.CompleteAsync(cancellationToken);
        return written;
    }

    private static async Task<int> WriteAsync(
        NpgsqlBinaryImporter states,
        string? entity,
        EntityState? state,
        long revision,
        DateTime now,
        CancellationToken cancellationToken
    )
    {
        if (entity is null)
        {
            return 0;
        }

        await states.StartRowAsync(cancellationToken);
        await states.WriteAsync(entity, Types[0], cancellationToken);
        await states.WriteAsync(revision, Types[1], cancellationToken);
        await states.WriteAsync(now, Types[2], cancellationToken);
        await states.WriteAsync(state!.Pack(revision), Types[3], cancellationToken);
        return 1;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    [LoggerMessage(LogLevel.Information, "Built {States} states from the events of bronze in {Seconds:0.0} s")]
    private partial void LogBuilt(long states, double seconds);
}
