using Fecom.Platform.Jobs;
using Fecom.Platform.Retention;
using Fecom.Serving.RecordAnswers;
using Fecom.Serving.RunExperiments;
using Fecom.Serving.TryChallengers;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Serving.ForgetFeedback;

/// <summary>Drops the days of old recommendations, and deletes old feedback that every sink has.</summary>
internal sealed class ForgetFeedbackJob(
    AnswerTable answers,
    ShadowTable shadows,
    ExperimentTable experiments,
    ExperimentResults results,
    NpgsqlDataSource database,
    IOptions<FeedbackOptions> options,
    TimeProvider time
) : IJob
{
    public const string Name = "forget_feedback";

    public async Task RunAsync(JobRun run, CancellationToken cancellationToken)
    {
        DateTime before = time.GetUtcNow().UtcDateTime.AddDays(-options.Value.KeepDays);
        int days = await answers.DropAsync(before, cancellationToken);
        await shadows.DropAsync(before, cancellationToken);
        await results.ForgetAsync(experiments, before, cancellationToken);
        long feedback = await PiecewiseDelete.RunAsync(
            database,
            "serving.feedback",
            "received_at < @before and seq <= (select seq from serving.feedback_told)",
            before,
            cancellationToken
        );
        await run.ReportAsync(
            $"forgot {days} days of recommendations and {feedback} pieces of feedback",
            share: 1,
            cancellationToken
        );
    }
}
