using Quartz;

namespace Fecom.Platform.Jobs;

/// <summary>Starts jobs on demand.</summary>
public sealed class JobStarter(IEnumerable<JobDefinition> jobs, ISchedulerFactory schedulers)
{
    /// <summary>Every job there is.</summary>
    public IReadOnlyList<JobDefinition> Jobs { get; } = [.. jobs];

    /// <summary>Has a job run as soon as a replica is free; while it runs already, after that.</summary>
    /// <param name="name">A name of <see cref="Jobs"/>.</param>
    /// <param name="data">What the run is told, by name; text, numbers and truth values.</param>
    /// <param name="cancellationToken">Gives up asking; a run that was asked for goes on.</param>
    /// <exception cref="ArgumentException">There is no such job.</exception>
    public async Task StartAsync(string name, IReadOnlyDictionary<string, object>? data, CancellationToken cancellationToken)
    {
        if (!Jobs.Any(job => job.Name == name))
        {
            throw new ArgumentException($"There is no job '{name}'.", nameof(name));
        }

        IScheduler scheduler = await schedulers.GetScheduler(cancellationToken);
        JobDataMap map = [];
        foreach ((string key, object value) in data ?? new Dictionary<string, object>())
        {
            map[key] = value;
        }

        await scheduler.TriggerJob(new JobKey(name), map, cancellationToken);
    }
}
