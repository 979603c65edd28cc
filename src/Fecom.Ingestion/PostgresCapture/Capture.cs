using Fecom.Platform.Services;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using Npgsql.Replication;
using NpgsqlTypes;

namespace Fecom.Ingestion.PostgresCapture;

/// <summary>Captures the table over one connection, from its stored state on: the snapshot, sending its rows, the changes.</summary>
internal sealed partial class Capture(
    SourceDatabase source,
    SourceSetup setup,
    CaptureTable table,
    InitialSnapshot snapshot,
    ChangeFlow flow,
    CaptureProgress progress,
    IOptions<CaptureOptions> options,
    TimeProvider time,
    ILogger<Capture> logger
)
{
    private static readonly TimeSpan WatchInterval = TimeSpan.FromSeconds(2);

    private DateTime? _lastSeen;

    private CaptureOptions Options => options.Value;

    private string Anew =>
        $"POST /api/v1/ingestion/runs {{\"source\":\"{CaptureSource.NameOf(Options.Table)}\"}} makes a new slot and takes the table anew:"
        + " rows that were taken before are passed over by their primary key; of a table without one they count again, unless Ingestion:Capture:Snapshot is false or Ingestion:Capture:SnapshotWhere leaves them out.";

    /// <summary>Runs until the connection breaks or somebody cancels.</summary>
    /// <param name="goesOn">Called once the changes are being followed.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="CaptureException">The source lacks something.</exception>
    /// <exception cref="SlotLostException">Changes were lost before they were read.</exception>
    public async Task RunAsync(Action goesOn, CancellationToken cancellationToken)
    {
        await using LogicalReplicationConnection connection = await source.OpenReplicationAsync(cancellationToken);
        SourceServer server = await SourceSetup.IdentifyAsync(connection, cancellationToken);
        CaptureState? last = await table.CurrentAsync(Options.Table, cancellationToken);
        CaptureState state =
            last is not null && !progress.IsAnew && last.IsOf(server)
                ? last
                : await BeginAsync(server, cancellationToken);
        if (state.State == CaptureStates.Snapshot)
        {
            state = await TakeSnapshotAsync(state, cancellationToken);
        }

        if (state.State == CaptureStates.Sending)
        {
            await GoesOnAsync(goesOn, cancellationToken);
            await flow.SendSnapshotAsync(state, cancellationToken);
            state = (await table.CurrentAsync(Options.Table, cancellationToken))!;
        }

        (state, PublishedTable published) = await CheckAsync(state, cancellationToken);
        await GoesOnAsync(goesOn, cancellationToken);
        LogFollows(state.Source, state.Lsn!);
        await FollowAsync(state, published, connection, cancellationToken);
    }

    /// <summary>
    /// Follows the changes and checks the publication meanwhile: for a table that is no longer published, PostgreSQL sends
    /// neither changes nor an error.
    /// </summary>
    private async Task FollowAsync(
        CaptureState state,
        PublishedTable published,
        LogicalReplicationConnection connection,
        CancellationToken cancellationToken
    )
    {
        await ConcurrentWork.UntilFirstEndsAsync(
            cancellationToken,
            token => WatchAsync(state, token),
            token => flow.FollowAsync(state, published, connection, token)
        );
    }

    private async Task WatchAsync(CaptureState state, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection sql = await source.OpenAsync(cancellationToken);
        using PeriodicTimer timer = new(WatchInterval, time);
        do
        {
            await CheckPublishedAsync(state, sql, cancellationToken);
        } while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    /// <exception cref="CaptureException">There is no such table now.</exception>
    /// <exception cref="SlotLostException">Changes were not published.</exception>
    private async Task<CaptureState> CheckPublishedAsync(
        CaptureState state,
        NpgsqlConnection sql,
        CancellationToken cancellationToken
    )
    {
        PublicationState published = await setup.ReadStateAsync(sql, cancellationToken);
        if (published.Table is null)
        {
            throw new CaptureException(
                $"The table {Options.Table} is gone: it was dropped, or has another name. It is followed on when it has its name again; a table that is made in its place is another one."
            );
        }

        if (published.GapSince(state.Published, Options) is { } gap)
        {
            CaptureState now = await table.CurrentAsync(Options.Table, cancellationToken) ?? state;
            string seen = _lastSeen is { } at ? $", when all was well last at {at:yyyy-MM-dd HH:mm:ss} UTC" : "";
            throw new SlotLostException(
                $"{gap} Rows inserted after {now.Lsn}{seen}, were not published: they are missing. {Anew}"
            );
        }

        if (state.Published is null)
        {
            await table.NoteAsync(state, published.Identity, cancellationToken);
        }

        _lastSeen = time.GetUtcNow().UtcDateTime;
        return state with { Published = published.Identity };
    }

    /// <summary>A slot of that name that this Fecom did not create belongs to somebody else: reading from it would take their changes.</summary>
    private async Task<CaptureState> BeginAsync(SourceServer server, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection sql = await source.OpenAsync(cancellationToken);
        if (
            await SourceDatabase.SlotAsync(sql, Options.Slot, cancellationToken) is not null
            && !await table.MadeAsync(server, Options.Slot, cancellationToken)
        )
        {
            throw new CaptureException(
                $"There is a slot {Options.Slot} already, and this Fecom did not make it. Name another in Ingestion:Capture:Slot, or, if nobody uses it, remove it: select pg_drop_replication_slot('{Options.Slot}')."
            );
        }

        await setup.PublishAsync(sql, cancellationToken);
        CaptureState state = await table.BeginAsync(Options.Table, server, Options.Slot, cancellationToken);
        progress.BegunAnew();
        return state;
    }

    /// <summary>The connection that created a slot keeps its exported snapshot valid only while it does nothing else, so the snapshot is read over another one.</summary>
    private async Task<CaptureState> TakeSnapshotAsync(CaptureState state, CancellationToken cancellationToken)
    {
        await using LogicalReplicationConnection connection = await source.OpenReplicationAsync(cancellationToken);
        return await snapshot.TakeAsync(state, connection, progress.Source, cancellationToken);
    }

    private Task GoesOnAsync(Action goesOn, CancellationToken cancellationToken)
    {
        goesOn();
        return table.ReportAsync(Options.Table, error: null, cancellationToken);
    }

    private async Task<(CaptureState State, PublishedTable Published)> CheckAsync(
        CaptureState state,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlConnection sql = await source.OpenAsync(cancellationToken);
        SlotState? slot = await SourceDatabase.SlotAsync(sql, state.Slot, cancellationToken);
        if (slot is null)
        {
            throw new SlotLostException(
                $"The slot {state.Slot} is gone from PostgreSQL, and with it the changes since {state.Lsn}. {Anew}"
            );
        }

        if (slot.WalStatus == "lost")
        {
            throw new SlotLostException(
                $"PostgreSQL has given the slot {state.Slot} up: it lagged beyond max_slot_wal_keep_size, or rested beyond idle_replication_slot_timeout. The changes since {state.Lsn} are gone from it. {Anew}"
            );
        }

        if (slot.End < state.Mark.Lsn)
        {
            throw new SlotLostException(
                $"PostgreSQL's WAL ends at {slot.End}, before {state.Lsn}, up to which its changes were taken: it was restored from a backup, or a standby took over that was behind. {Anew}"
            );
        }

        // PostgreSQL would begin there without a word, though an earlier position is asked for.
        if (slot.Confirmed is { } confirmed && NpgsqlLogSequenceNumber.Parse(confirmed) > state.Mark.Lsn)
        {
            throw new SlotLostException(
                $"The slot {state.Slot} stands at {confirmed}, beyond {state.Lsn}, up to which its changes were taken: Fecom's database was restored from a backup, or the slot was made again, moved, or read by somebody else. The changes between are not in it any more. {Anew}"
            );
        }

        if (state.Slot != Options.Slot)
        {
            throw new CaptureException(
                $"The table is captured with the slot {state.Slot}, and Ingestion:Capture:Slot names {Options.Slot}: set it back, or remove that slot, select pg_drop_replication_slot('{state.Slot}'), and begin anew: {Anew}"
            );
        }

        state = await CheckPublishedAsync(state, sql, cancellationToken);
        return (state, await setup.PublishAsync(sql, cancellationToken));
    }

    [LoggerMessage(LogLevel.Information, "{Source}: follows the changes from {Lsn} on")]
    private partial void LogFollows(string source, string lsn);
}
