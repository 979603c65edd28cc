using System.Globalization;
using Fecom.Platform.Jobs;
using Fecom.Training.ReadSessions;
using Fecom.Training.RegisterModels;
using Npgsql;

namespace Fecom.Training;

/// <summary>Whether a training that nobody asked for by name is worth it: there is no champion, or the data have doubled since.</summary>
internal sealed class FirstTraining(NpgsqlDataSource database, ModelRegistry registry, SessionReader sessions)
{
    /// <exception cref="RunNotNeededException">The run was asked for only if it is needed, and it is not.</exception>
    public async Task RequireNeedAsync(JobRun run, string model, CancellationToken cancellationToken)
    {
        if (!run.OnlyIfNeeded || await LearnedAsync(run.Job, model, cancellationToken) is not { } learned)
        {
            return;
        }

        long events = await sessions.CountAsync(cancellationToken);
        if (events < 2 * learned)
        {
            throw new RunNotNeededException(
                string.Create(CultureInfo.InvariantCulture, $"The newest {model} model has learned from {learned:N0} events, and there are {events:N0} now.")
            );
        }
    }

    /// <summary>Events that the newest training of a job learned from; null when the model has no champion.</summary>
    public async Task<double?> LearnedAsync(string job, string model, CancellationToken cancellationToken)
    {
        if (await registry.FindAsync(model, ModelRegistry.Champion, cancellationToken) is null)
        {
            return null;
        }

        await using NpgsqlCommand command = database.CreateCommand(
            """
            select m.value from training.run r join training.run_metric m on m.run_id = r.id and m.name = $2
            where r.job = $1 and r.status = 'succeeded' order by r.id desc limit 1
            """
        );
        command.Parameters.Add(new() { Value = job });
        command.Parameters.Add(new() { Value = ReadProgress.EventsMetric });
        return (double?)await command.ExecuteScalarAsync(cancellationToken) ?? 0;
    }
}
