using System.Globalization;
using Fecom.Platform.Jobs;
using Fecom.Platform.Storage;
using Fecom.Training.ReadSessions;
using Fecom.Training.RegisterModels;
using Npgsql;

namespace Fecom.Training;

/// <summary>Decides whether an automatic training is needed: there is no readable champion, it was trained on the sample, the data have doubled since, or one was asked for because something has moved.</summary>
internal sealed class FirstTraining(
    NpgsqlDataSource database,
    ModelRegistry registry,
    ArtifactStore artifacts,
    SessionReader sessions
)
{
    /// <exception cref="RunNotNeededException">The run was asked for only if it is needed, and it is not.</exception>
    public async Task RequireNeedAsync(JobRun run, string model, CancellationToken cancellationToken)
    {
        TrainedModel trained = TrainingJobs.Models.First(m => m.Model == model);
        if (
            !run.OnlyIfNeeded
            || await IsAskedForAsync(trained.Job, cancellationToken)
            || await LearnedAsync(trained, cancellationToken) is not { } learned
        )
        {
            return;
        }

        long events = (await sessions.CountAsync(cancellationToken)).Learned;
        if (events < 2 * learned)
        {
            throw new RunNotNeededException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The newest {model} model has learned from {learned:N0} events, and there are {events:N0} now."
                )
            );
        }
    }

    /// <summary>
    /// Events that the newest training of a model learned from; null when the model has no champion, one that cannot be read (another
    /// release wrote it, its file is gone), or one that learned from the sample although the shop has enough of its own by now.
    /// </summary>
    public async Task<double?> LearnedAsync(TrainedModel trained, CancellationToken cancellationToken)
    {
        RegisteredVersion? champion = await registry.FindAsync(
            trained.Model,
            ModelRegistry.Champion,
            cancellationToken
        );
        if (champion is null || await artifacts.LoadAsync(champion, trained.Read, cancellationToken) is null)
        {
            return null;
        }

        (double events, double sample) = await NewestRunAsync(trained.Job, cancellationToken);
        return sample > 0 && (await sessions.CountAsync(cancellationToken)).WithoutSample ? null : events;
    }

    private Task<bool> IsAskedForAsync(string job, CancellationToken cancellationToken) =>
        database.ReadAsync<bool>($"select exists (select from {OpenRequests.OfJob})", new { job }, cancellationToken);

    private Task<(double Events, double Sample)> NewestRunAsync(string job, CancellationToken cancellationToken) =>
        database.FindAsync<(double Events, double Sample)>(
            """
            select m.value, coalesce((select value from training.run_metric s where s.run_id = r.id and s.name = @sample), 0)
            from training.run r join training.run_metric m on m.run_id = r.id and m.name = @events
            where r.job = @job and r.state = 'completed' order by r.id desc limit 1
            """,
            new
            {
                job,
                events = ReadProgress.EventsMetric,
                sample = ReadProgress.SampleMetric,
            },
            cancellationToken
        );
}
