using System.Globalization;
using Fecom.Platform.Messaging;
using Hangfire;
using Hangfire.States;

namespace Fecom.Platform.Jobs;

/// <summary>Starts jobs on demand.</summary>
/// <remarks>
/// Hangfire's client blocks its thread for several round trips to PostgreSQL. A dozen requests at once would hold every thread of the
/// pool, and opening a connection needs one too: so requests of a host come one after the other, on a thread of their own.
/// </remarks>
public sealed class JobStarter : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
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
    /// <param name="cancellationToken">Gives up while the request waits for those before it.</param>
    /// <returns>The run's number.</returns>
    /// <exception cref="ArgumentException">There is no such job.</exception>
    public async Task<long> StartAsync(
        string name,
        bool onlyIfNeeded = false,
        CancellationToken cancellationToken = default
    )
    {
        JobDefinition job =
            Jobs.FirstOrDefault(job => job.Name == name)
            ?? throw new ArgumentException($"There is no job '{name}'.", nameof(name));
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return await BlockingCall.RunAsync(() => Start(job, onlyIfNeeded), cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private long Start(JobDefinition job, bool onlyIfNeeded)
    {
        string name = job.Name;
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
