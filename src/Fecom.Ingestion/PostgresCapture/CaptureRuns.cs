using Fecom.Ingestion.Shared.RunOnOneHost;
using Fecom.Ingestion.Shared.RunSources;
using Fecom.Platform.Messaging;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace Fecom.Ingestion.PostgresCapture;

/// <summary>
/// Requested runs. Changes are captured continuously, so a run completes once everything is taken that was in the table
/// at its request; when changes were lost, it starts a new snapshot.
/// </summary>
internal sealed class CaptureRuns(
    LoadRuns runs,
    SourceDatabase source,
    CaptureTable table,
    CaptureProgress progress,
    IOptions<CaptureOptions> options,
    TimeProvider time
)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        Signal requested = runs.Requested(CaptureSource.Kind);
        OutageRetry retry = new(time, progress.Source.ReportStoring);
        using ITimer timer = requested.SetEvery(Interval, time);
        Dictionary<Guid, Open> open = [];
        while (true)
        {
            await requested.WaitAsync(cancellationToken);
            await retry.RunAsync("PostgreSQL", token => CheckAsync(open, token), cancellationToken);
        }
    }

    private async Task CheckAsync(Dictionary<Guid, Open> open, CancellationToken cancellationToken)
    {
        if (open.Count == 0)
        {
            foreach (LoadRun run in await runs.TakeAsync(CaptureSource.Kind, cancellationToken))
            {
                open.Add(run.Id, await BeginAsync(cancellationToken));
            }
        }

        foreach ((Guid run, Open wanted) in open.ToArray())
        {
            CaptureState? state = await table.CurrentAsync(options.Value.Table, cancellationToken);
            if (progress.IsLost)
            {
                await runs.FinishAsync(run, 0, progress.Source.LastError ?? "Changes are lost.", cancellationToken);
                open.Remove(run);
            }
            else if (state?.State == CaptureStates.Streaming && state.Generation >= wanted.Generation)
            {
                Open now = wanted.To is null ? wanted with { To = await EndAsync(cancellationToken) } : wanted;
                open[run] = now;
                if (now.To is { } to && state.Mark.Lsn >= to)
                {
                    await runs.FinishAsync(run, Math.Max(0, state.Position - now.From), error: null, cancellationToken);
                    open.Remove(run);
                }
            }
        }
    }

    private async Task<Open> BeginAsync(CancellationToken cancellationToken)
    {
        CaptureState? state = await table.CurrentAsync(options.Value.Table, cancellationToken);
        if (!progress.IsLost)
        {
            return new Open(state?.Generation ?? 0, state?.Position ?? 0, To: null);
        }

        progress.AskAnew();
        return new Open((state?.Generation ?? 0) + 1, From: 0, To: null);
    }

    /// <summary>End of the source's WAL; null while the server is unavailable, which the capture reports.</summary>
    private async Task<NpgsqlLogSequenceNumber?> EndAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await source.FlushedAsync(cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && (e is NpgsqlException || Outage.Is(e)))
        {
            return null;
        }
    }

    /// <param name="Generation">The generation of the table that is to be complete, or a later one.</param>
    /// <param name="From">Rows taken when it was asked for.</param>
    /// <param name="To">Up to where changes are to be taken; null before that is known.</param>
    private sealed record Open(int Generation, long From, NpgsqlLogSequenceNumber? To);
}
