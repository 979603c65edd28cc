using System.Diagnostics;
using System.Globalization;
using Fecom.Platform.Messaging;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Fecom.Features.StreamFeatures;

/// <summary>
/// Builds the states of every view from all events of bronze, and puts the features' sink where bronze stands: from there the
/// stream goes on, so each event counts once. Needed once after an upgrade to other views, and to build the features anew.
/// </summary>
/// <remarks>
/// The states are built beside those that the stream works on, which goes on meanwhile. What comes to bronze until then is stepped in
/// until little is missing; then one short transaction steps in the rest and replaces the old states, which holds the stream up,
/// and lets it find that its partitions were moved. Cut off anywhere, the old states are there.
/// </remarks>
internal sealed partial class Materialization(
    NpgsqlDataSource database,
    TimeProvider time,
    ILogger<Materialization> logger
)
{
    /// <summary>One build at a time; a deletion of a user waits for it, so that it finds what was built.</summary>
    public const long LockKey = 0x6665_636f_6d18;

    /// <summary>Events that are stepped in while the stream waits: some tenths of a second.</summary>
    private const long Few = 2_000;

    /// <summary>A stream that is faster than this catches up would never leave only a few.</summary>
    private const int MaxRounds = 10;

    private const string LockTimeout = "500ms";

    /// <summary>How long the stream is held up at most until bronze has what the stream has taken.</summary>
    private static readonly TimeSpan MaxLevelling = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan LevellingStep = TimeSpan.FromMilliseconds(20);

    /// <summary>How long the stream goes on when a reader did not let its tables go, before it is held up again.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private volatile bool _isDone;
    private int _running;

    /// <summary>Whether the states are being built.</summary>
    public bool IsRunning => Volatile.Read(ref _running) > 0;

    /// <summary>Builds the states where an upgrade has asked for it, and removes what a build that was cut off has left; looks once in the life of a host.</summary>
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

            await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
            await using NpgsqlCommand idle = new(Text($"select pg_try_advisory_xact_lock({LockKey})"), connection);
            if ((bool)(await idle.ExecuteScalarAsync(cancellationToken))!)
            {
                await BuiltStates.DropAsync(connection, cancellationToken);
                await transaction.CommitAsync(cancellationToken);
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
        await using NpgsqlConnection turn = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction held = await turn.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(turn, Text($"select pg_advisory_xact_lock({LockKey})"), cancellationToken);
        // Not in the transaction that holds the turn: a look at a table locks it until the transaction ends, and it is to be emptied.
        await using NpgsqlConnection gate = await database.OpenConnectionAsync(cancellationToken);
        if (onlyIfAsked && !await IsAskedAsync(gate, cancellationToken))
        {
            return 0;
        }

        try
        {
            return await ReplaceAsync(gate, start, cancellationToken);
        }
        catch
        {
            await DropAsync();
            throw;
        }
    }

    /// <summary>A build that has failed leaves no tables behind that are as large as the states: what filled a disk would keep it full.</summary>
    private async Task DropAsync()
    {
        try
        {
            await using NpgsqlConnection connection = await database.OpenConnectionAsync(CancellationToken.None);
            await BuiltStates.DropAsync(connection, CancellationToken.None);
        }
        catch (Exception e) when (Outage.Is(e))
        {
            LogLeft(e.Message);
        }
    }

    /// <summary>Builds the states beside those that there are, and puts them in their place.</summary>
    /// <returns>States that were written.</returns>
    private async Task<long> ReplaceAsync(NpgsqlConnection gate, long start, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection writer = await database.OpenConnectionAsync(cancellationToken);
        BuiltStates built = new(writer, time);
        await built.CreateAsync(cancellationToken);
        long written;
        long last;
        await using (Known known = await LookAsync(gate, cancellationToken))
        {
            written = await built.FoldAsync(known.Reader, cancellationToken);
            last = known.LastBatch;
        }

        for (int attempt = 1; ; attempt++)
        {
            last = await CatchUpAsync(built, gate, last, cancellationToken);
            if (await TryReplaceAsync(built, writer, last, cancellationToken) is { } waited)
            {
                LogBuilt(written, Stopwatch.GetElapsedTime(start).TotalSeconds, waited.TotalMilliseconds);
                return written;
            }

            LogInUse(attempt);
            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    /// <summary>Steps in what has come to bronze meanwhile, until little is missing.</summary>
    /// <returns>The last batch that the built states have.</returns>
    private async Task<long> CatchUpAsync(
        BuiltStates built,
        NpgsqlConnection gate,
        long last,
        CancellationToken cancellationToken
    )
    {
        long stepped = long.MaxValue;
        for (int round = 0; round < MaxRounds && stepped > Few; round++)
        {
            await using Known known = await LookAsync(gate, cancellationToken);
            stepped = await built.StepAsync(known.Reader, last, cancellationToken);
            last = Math.Max(last, known.LastBatch);
        }

        return last;
    }

    /// <summary>Steps in the rest and replaces the old states, while the stream and bronze's sink wait.</summary>
    /// <returns>How long they waited; null when somebody reads the tables and does not let them go.</returns>
    private async Task<TimeSpan?> TryReplaceAsync(
        BuiltStates built,
        NpgsqlConnection writer,
        long last,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlTransaction transaction = await writer.BeginTransactionAsync(cancellationToken);
        long start = Stopwatch.GetTimestamp();
        if (
            !await TryLockAsync(
                writer,
                $"""
                lock table {string.Join(
                    ", ",
                    StateTable.All.Select(table => table.Name)
                )}, features.tick, features.rebuild
                    in access exclusive mode
                """,
                cancellationToken
            )
        )
        {
            return null;
        }

        await SinkPositions.HoldAsync(writer, OnlineStoreWriter.Sink, cancellationToken);
        await LevelAsync(writer, cancellationToken);
        if (!await TryLockAsync(writer, KeepOut, cancellationToken))
        {
            return null;
        }

        await using (NpgsqlConnection reader = await database.OpenConnectionAsync(cancellationToken))
        {
            await built.StepAsync(reader, last, cancellationToken);
        }

        await built.ReplaceAsync(cancellationToken);
        await ExecuteAsync(writer, "truncate features.rebuild, features.tick", cancellationToken);
        // So many versions at once that Redis is behind by more than its ticks tell: it is brought up by a look through all states.
        await SinkPositions.CopyAsync(
            writer,
            from: "bronze",
            to: OnlineStoreWriter.Sink,
            TickTable.Kept + 1,
            cancellationToken
        );
        await transaction.CommitAsync(cancellationToken);
        return Stopwatch.GetElapsedTime(start);
    }

    /// <summary>
    /// Waits until bronze has what the stream has taken before it. The stream finds that its partitions were moved when the next event comes:
    /// what it had taken and bronze had not would be in no state until then. In a load, in which the next event comes soon, bronze may
    /// stay behind.
    /// </summary>
    private async Task LevelAsync(NpgsqlConnection writer, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        while (
            await SinkPositions.IsBehindAsync(writer, "bronze", OnlineStoreWriter.Sink, cancellationToken)
            && time.GetElapsedTime(start) < MaxLevelling
        )
        {
            await Task.Delay(LevellingStep, time, cancellationToken);
        }
    }

    /// <summary>What bronze has at a moment when none of its writers is at work: each later one takes a higher number.</summary>
    private async Task<Known> LookAsync(NpgsqlConnection gate, CancellationToken cancellationToken)
    {
        while (true)
        {
            await using NpgsqlTransaction quiet = await gate.BeginTransactionAsync(cancellationToken);
            if (await TryLockAsync(gate, KeepOut, cancellationToken))
            {
                return await Known.ReadAsync(database, cancellationToken);
            }

            await quiet.RollbackAsync(cancellationToken);
            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    /// <summary>Keeps the writers of bronze out until the transaction ends.</summary>
    private const string KeepOut = "lock table bronze.validated_event in share mode";

    /// <returns>False when a lock was not to be had soon; nobody waits behind it any more then, and the transaction can only be rolled back.</returns>
    private static async Task<bool> TryLockAsync(
        NpgsqlConnection connection,
        string locks,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await ExecuteAsync(connection, $"set local lock_timeout = '{LockTimeout}'; {locks}", cancellationToken);
            await ExecuteAsync(connection, "set local lock_timeout = 0", cancellationToken);
            return true;
        }
        catch (PostgresException e)
            when (e.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
        {
            return false;
        }
    }

    private static async Task<bool> IsAskedAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new("select exists (select from features.rebuild)", connection);
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    [LoggerMessage(
        LogLevel.Information,
        "Built {States} states from the events of bronze in {Seconds:0.0} s; the stream waited {Waited:0} ms"
    )]
    private partial void LogBuilt(long states, double seconds, double waited);

    [LoggerMessage(
        LogLevel.Warning,
        "The tables of a build that has failed stay until the next build or a host's next start: {Reason}"
    )]
    private partial void LogLeft(string reason);

    [LoggerMessage(
        LogLevel.Information,
        "The states are built, but something reads the old ones, such as a backup; trying again to replace them ({Attempt})"
    )]
    private partial void LogInUse(int attempt);

    /// <summary>A connection whose transaction sees what bronze had at one moment.</summary>
    private sealed class Known(NpgsqlConnection reader, NpgsqlTransaction transaction, long lastBatch)
        : IAsyncDisposable
    {
        public NpgsqlConnection Reader => reader;

        public long LastBatch => lastBatch;

        public static async Task<Known> ReadAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
        {
            NpgsqlConnection reader = await database.OpenConnectionAsync(cancellationToken);
            try
            {
                NpgsqlTransaction transaction = await reader.BeginTransactionAsync(
                    System.Data.IsolationLevel.RepeatableRead,
                    cancellationToken
                );
                await using NpgsqlCommand last = new(
                    "select coalesce(max(batch), 0) from bronze.validated_event",
                    reader
                )
                {
                    CommandTimeout = 0,
                };
                return new Known(reader, transaction, (long)(await last.ExecuteScalarAsync(cancellationToken))!);
            }
            catch
            {
                await reader.DisposeAsync();
                throw;
            }
        }

        public async ValueTask DisposeAsync()
        {
            await transaction.DisposeAsync();
            await reader.DisposeAsync();
        }
    }
}
