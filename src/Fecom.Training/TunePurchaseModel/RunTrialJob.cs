using System.Globalization;
using Fecom.Learning.Boosting;
using Fecom.Learning.Purchase;
using Fecom.Platform.Jobs;
using Fecom.Platform.Messaging;
using Microsoft.Extensions.Options;

namespace Fecom.Training.TunePurchaseModel;

/// <summary>Measures one trial of the study under way, whichever is next. Every host does, side by side; each one that begins asks for another run.</summary>
internal sealed class RunTrialJob(
    StudyTable studies,
    TrialTable trials,
    StudyData data,
    JobStarter starter,
    IOptions<TrainingOptions> options,
    TimeProvider time
) : IJob
{
    public async Task RunAsync(JobRun run, CancellationToken cancellationToken)
    {
        Study study =
            await trials.FindOpenAsync(cancellationToken)
            ?? throw new RunNotNeededException("No study has trials under way.");
        PurchaseTrials rows = await RowsAsync(study, cancellationToken);
        TrialClaim claim =
            await trials.TakeAsync(study.Id, cancellationToken)
            ?? throw new RunNotNeededException(
                $"Study {study.Id} has no trial to measure before another one has ended, or none any more."
            );
        try
        {
            await starter.StartAsync(TrainingJobs.RunTrial, cancellationToken: cancellationToken);
            await MeasureAsync(study, rows, claim, run, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await trials.GiveBackAsync(claim);
            throw;
        }

        if (await trials.HasNextAsync(study.Id, cancellationToken))
        {
            await starter.StartAsync(TrainingJobs.RunTrial, cancellationToken: cancellationToken);
        }
    }

    private async Task<PurchaseTrials> RowsAsync(Study study, CancellationToken cancellationToken)
    {
        try
        {
            return await data.ReadAsync(study, cancellationToken);
        }
        catch (InvalidDataException e)
        {
            await studies.FailAsync(study.Id, e.Message);
            throw;
        }
    }

    private async Task MeasureAsync(
        Study study,
        PurchaseTrials rows,
        TrialClaim claim,
        JobRun run,
        CancellationToken cancellationToken
    )
    {
        string name = string.Create(
            CultureInfo.InvariantCulture,
            $"trial {claim.Trial} of study {study.Id}, rung {claim.Rung + 1} of {study.Rungs}"
        );
        run.Report(name);
        BoostingOptions boosting = PurchaseSearch.Apply(
            PurchaseTrainer.Options with
            {
                Threads = options.Value.ThreadsToUse,
            },
            claim.Parameters
        );
        await using TrialLease lease = new(trials, claim, options.Value.TrialLease, time);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(
            cancellationToken,
            lease.Lost
        );
        string outcome;
        try
        {
            TrialOutcome measured = await Task.Run(
                () => rows.Run(boosting, claim.Rung, study.Rungs, stop.Token),
                stop.Token
            );
            outcome = await trials.CompleteAsync(claim, measured, cancellationToken)
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"{name}: log loss {measured.LogLoss:0.00000} with {measured.Trees} trees"
                )
                : $"{name}: it does not count, since another host has taken it";
        }
        catch (OperationCanceledException) when (lease.Lost.IsCancellationRequested)
        {
            outcome = $"{name}: left, since its study has ended or another host has it";
        }
        catch (Exception e) when (e is not OperationCanceledException && !Outage.Is(e))
        {
            await trials.FailAsync(claim, e.Message);
            outcome = $"{name}: failed: {e.Message}";
        }

        await run.ReportAsync(outcome, share: 1, cancellationToken);
    }
}
