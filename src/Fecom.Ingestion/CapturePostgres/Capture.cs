using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using Npgsql.Replication;

namespace Fecom.Ingestion.CapturePostgres;

/// <summary>Captures the table over one connection, from wherever it stands: snapshot, its rows on their way, changes.</summary>
internal sealed partial class Capture(
    SourceDatabase source,
    SourceSetup setup,
    CaptureTable table,
    InitialSnapshot snapshot,
    ChangeFlow flow,
    CaptureProgress progress,
    IOptions<CaptureOptions> options,
    ILogger<Capture> logger
)
{
    private CaptureOptions Options => options.Value;

    /// <summary>Runs until the connection breaks or somebody cancels.</summary>
    /// <param name="goesOn">Called when everything is as it should be.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="CaptureException">The source lacks something.</exception>
    /// <exception cref="SlotLostException">Changes are gone that were not taken.</exception>
    public async Task RunAsync(Action goesOn, CancellationToken cancellationToken)
    {
        await using LogicalReplicationConnection connection = await source.OpenReplicationAsync(cancellationToken);
        SourceServer server = await SourceSetup.IdentifyAsync(connection, cancellationToken);
        CaptureState? last = await table.CurrentAsync(Options.Table, cancellationToken);
        CaptureState state = last is not null && !progress.IsAnew && last.IsOf(server) ? last : await BeginAsync(server, cancellationToken);
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

        PublishedTable published = await CheckAsync(state, cancellationToken);
        await GoesOnAsync(goesOn, cancellationToken);
        LogFollows(state.Source, state.Lsn!);
        await flow.FollowAsync(state, published, connection, cancellationToken);
    }

    /// <summary>A slot of that name that this Fecom did not make is somebody else's: who reads from it takes its changes away.</summary>
    private async Task<CaptureState> BeginAsync(SourceServer server, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection sql = await source.OpenAsync(cancellationToken);
        if (await SourceDatabase.SlotAsync(sql, Options.Slot, cancellationToken) is not null && !await table.MadeAsync(server, Options.Slot, cancellationToken))
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

    /// <summary>The connection that has made a slot keeps its snapshot alive as long as it does nothing else, so the snapshot has one of its own.</summary>
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

    private async Task<PublishedTable> CheckAsync(CaptureState state, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection sql = await source.OpenAsync(cancellationToken);
        SlotState? slot = await SourceDatabase.SlotAsync(sql, state.Slot, cancellationToken);
        string anew = $"POST /api/v1/ingestion/runs {{\"source\":\"{CaptureSource.NameOf(Options.Table)}\"}} makes a new slot and takes the table anew:"
            + " rows that were taken before are passed over by their primary key; of a table without one they count again, unless Ingestion:Capture:Snapshot is false or Ingestion:Capture:SnapshotWhere leaves them out.";
        if (slot is null)
        {
            throw new SlotLostException($"The slot {state.Slot} is gone from PostgreSQL, and with it the changes since {state.Lsn}. {anew}");
        }

        if (slot.WalStatus == "lost")
        {
            throw new SlotLostException(
                $"PostgreSQL has given the slot {state.Slot} up: it lagged beyond max_slot_wal_keep_size, or rested beyond idle_replication_slot_timeout. The changes since {state.Lsn} are gone from it. {anew}"
            );
        }

        if (slot.End < state.Mark.Lsn)
        {
            throw new SlotLostException(
                $"PostgreSQL's WAL ends at {slot.End}, before {state.Lsn}, up to which its changes were taken: it was restored from a backup, or a standby took over that was behind. {anew}"
            );
        }

        if (state.Slot != Options.Slot)
        {
            throw new CaptureException(
                $"The table is captured with the slot {state.Slot}, and Ingestion:Capture:Slot names {Options.Slot}: set it back, or remove that slot, select pg_drop_replication_slot('{state.Slot}'), and begin anew: {anew}"
            );
        }

        // A table that was dropped and created again is in no publication any more, and nothing would come of it.
        return await setup.PublishAsync(sql, cancellationToken);
    }

    [LoggerMessage(LogLevel.Information, "{Source}: follows the changes from {Lsn} on")]
    private partial void LogFollows(string source, string lsn);
}
