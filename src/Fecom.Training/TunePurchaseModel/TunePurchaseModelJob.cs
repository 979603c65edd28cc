using System.Globalization;
using Fecom.Learning.Purchase;
using Fecom.Platform;
using Fecom.Platform.Jobs;
using Fecom.Training.ReadSessions;
using Microsoft.Extensions.Options;

namespace Fecom.Training.TunePurchaseModel;

/// <summary>Makes the rows of the study that waits, or of a new one, and lets its trials begin.</summary>
/// <remarks>
/// Of the sessions that a training would read, the newest, on which models are judged, take no part: trials learn from the training rows
/// of several time splits, and are measured on those behind each.
/// </remarks>
internal sealed class TunePurchaseModelJob(
    StudyTable studies,
    StudyData data,
    HistoryReader reader,
    JobStarter starter,
    IOptions<TrainingOptions> options,
    IOptions<ShopOptions> shop
) : IJob
{
    public async Task RunAsync(JobRun run, CancellationToken cancellationToken)
    {
        long study = await StudyAsync(run, cancellationToken);
        try
        {
            if (!await studies.BeginAsync(study, cancellationToken))
            {
                throw new RunNotNeededException($"Study {study} has ended.");
            }

            await PrepareAsync(study, run, cancellationToken);
        }
        catch (InsufficientDataException e)
        {
            await studies.FailAsync(study, e.Message);
            await run.ReportAsync(e.Message, share: null, cancellationToken);
            return;
        }
        catch (Exception e) when (e is not (OperationCanceledException or RunNotNeededException))
        {
            await studies.FailAsync(study, e.Message);
            throw;
        }

        await starter.StartAsync(TrainingJobs.RunTrial, cancellationToken: cancellationToken);
    }

    /// <summary>The study that waits. Where none is under way, a new one, so that the job's schedule makes studies too; not for a run that was asked for one that has ended since.</summary>
    private async Task<long> StudyAsync(JobRun run, CancellationToken cancellationToken)
    {
        if (await studies.FindUnpreparedAsync(cancellationToken) is { } waiting)
        {
            return waiting;
        }

        if (run.OnlyIfNeeded)
        {
            throw new RunNotNeededException("No study waits for its rows.");
        }

        return await studies.RequestAsync(StudyLimits.Default, cancellationToken)
            ?? throw new RunNotNeededException("A study is under way: GET /api/v1/studies tells how far it is.");
    }

    private async Task PrepareAsync(long study, JobRun run, CancellationToken cancellationToken)
    {
        await ReportAsync("Reading which carts there are.");
        PurchaseRowFinder finder = new(options.Value.Horizon);
        ReadProgress read = await reader.ReadAsync(
            finder.Take,
            p => run.Report(p.ToString(), p.Share / 2),
            cancellationToken
        );
        PurchaseRows rows = finder.Find(shop.Value.Zone);
        await ReportAsync(
            string.Create(CultureInfo.InvariantCulture, $"Reading what was known at {rows.Count:N0} rows.")
        );
        await reader.ReadAsync(rows.Take, p => run.Report(p.ToString(), 0.5 + (p.Share / 2)), cancellationToken);
        PurchaseTrials trials = await Task.Run(
            () => PurchaseTrials.Of(rows.Split(), cancellationToken),
            cancellationToken
        );
        await studies.AnnounceDataAsync(study, StudyData.PathOf(study), cancellationToken);
        StudyRows stored = await data.StoreAsync(study, trials, read.Fingerprint!, cancellationToken);
        if (!await studies.ReadyAsync(study, stored, cancellationToken))
        {
            await data.RemoveAsync(StudyData.PathOf(study), cancellationToken);
            throw new RunNotNeededException($"Study {study} was cancelled.");
        }

        await run.ReportAsync(
            string.Create(
                CultureInfo.InvariantCulture,
                $"Study {study}: its trials learn from up to {stored.Rows:N0} rows. GET /api/v1/studies/{study} tells how far it is."
            ),
            share: 1,
            cancellationToken
        );

        async Task ReportAsync(string progress)
        {
            await studies.ReportAsync(study, progress, cancellationToken);
            await run.ReportAsync(progress, share: null, cancellationToken);
        }
    }
}
