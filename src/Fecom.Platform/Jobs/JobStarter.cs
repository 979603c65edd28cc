using System.Globalization;
using Hangfire;
using Hangfire.States;

namespace Fecom.Platform.Jobs;

/// <summary>Starts jobs on demand.</summary>
public sealed class JobStarter
{
    private readonly IBackgroundJobClient _client;
    private readonly RunTable _runs;

    internal JobStarter(IEnumerable<JobDefinition> jobs, IBackgroundJobClient client, RunTable runs)
    {
        Jobs = [.. jobs.OrderBy(job => job.Name, StringComparer.Ordinal)];
        _client = client;
        _runs = runs;
    }

    /// <summary>Every job there is.</summary>
    public IReadOnlyList<JobDefinition> Jobs { get; }

    /// <summary>
    /// Enqueues a run, which starts when a worker is free and no other run of the job works. A run that has not started yet
    /// serves every request that comes before its start.
    /// </summary>
    /// <param name="name">A name of <see cref="Jobs"/>.</param>
    /// <param name="onlyIfNeeded">Whether the run may find that there is nothing to do.</param>
    /// <returns>The run's number.</returns>
    /// <exception cref="ArgumentException">There is no such job.</exception>
    public long Start(string name, bool onlyIfNeeded = false)
    {
        JobDefinition job =
            Jobs.FirstOrDefault(job => job.Name == name)
            ?? throw new ArgumentException($"There is no job '{name}'.", nameof(name));
        if (_runs.FindWaiting(name, onlyIfNeeded, besides: 0) is not { } waiting)
        {
            return long.Parse(
                _client.Create<JobRunner>(
                    job.Queue,
                    runner => runner.RunAsync(name, onlyIfNeeded, null!, CancellationToken.None),
                    new EnqueuedState(job.Queue)
                ),
                CultureInfo.InvariantCulture
            );
        }

        if (waiting is { State: "Scheduled", Held: 0 })
        {
            // Otherwise it would wait for its next retry.
            _client.ChangeState(
                waiting.Id.ToString(CultureInfo.InvariantCulture),
                new EnqueuedState { Reason = "Asked for again." },
                ScheduledState.StateName
            );
        }

        return waiting.Id;
    }
}
