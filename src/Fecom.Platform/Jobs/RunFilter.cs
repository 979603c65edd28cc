using System.Globalization;
using Hangfire;
using Hangfire.Common;
using Hangfire.States;

namespace Fecom.Platform.Jobs;

/// <summary>The filters of a run: ours, the retries of its job, and Hangfire's statistics for the dashboard.</summary>
/// <remarks>Registered as a service, not as Hangfire's static filters: a process has several hosts in tests, and after a restart within the process.</remarks>
internal sealed class RunFilters : IJobFilterProvider
{
    private static readonly int[] Delays = [15, 60, 300];

    private readonly RunFilter _runs;
    private readonly StatisticsHistoryAttribute _statistics = new();
    private readonly LastStateFilter _last = new();
    private readonly Dictionary<string, AutomaticRetryAttribute> _retries;

    public RunFilters(IEnumerable<JobDefinition> jobs, RunTable runs)
    {
        JobDefinition[] all = [.. jobs];
        _runs = new RunFilter(all.ToDictionary(job => job.Name, StringComparer.Ordinal), runs);
        _retries = all.ToDictionary(
            job => job.Name,
            job => new AutomaticRetryAttribute
            {
                Attempts = job.Retries,
                DelaysInSeconds = Delays,
                LogEvents = false,
            },
            StringComparer.Ordinal
        );
    }

    public IEnumerable<JobFilter> GetFilters(Job job)
    {
        // In this order: Hangfire takes the filters of a provider as they come.
        if (NameOf(job) is { } name)
        {
            yield return new JobFilter(_runs, JobFilterScope.Global, 10);
            if (_retries.TryGetValue(name, out AutomaticRetryAttribute? retry))
            {
                yield return new JobFilter(retry, JobFilterScope.Global, 20);
            }

            yield return new JobFilter(_statistics, JobFilterScope.Global, 30);
            yield return new JobFilter(_last, JobFilterScope.Global, 40);
        }
    }

    /// <summary>The job's name; null when it is none of ours.</summary>
    internal static string? NameOf(Job? job) => job?.Type == typeof(JobRunner) ? job.Args[0] as string : null;
}

/// <summary>Decides a run's next state: its queue, whether it is needed at all, and when it tries again if another run holds the job's lock.</summary>
internal sealed class RunFilter(IReadOnlyDictionary<string, JobDefinition> jobs, RunTable runs) : IElectStateFilter
{
    public void OnStateElection(ElectStateContext context)
    {
        if (context.CandidateState is EnqueuedState enqueued)
        {
            OnEnqueued(context, enqueued);
        }
        else if (context.CandidateState is FailedState failed)
        {
            context.CandidateState = failed.Exception switch
            {
                RunUnderWayException e => new ScheduledState(e.Wait) { Reason = e.Message },
                RunCoveredException or RunNotNeededException => new NotNeeded(failed.Exception.Message),
                _ => failed,
            };
        }
    }

    private void OnEnqueued(ElectStateContext context, EnqueuedState enqueued)
    {
        string name = RunFilters.NameOf(context.BackgroundJob.Job)!;
        if (jobs.TryGetValue(name, out JobDefinition? job))
        {
            enqueued.Queue = job.Queue;
        }

        if (context.CurrentState is not null && context.CurrentState is not ("Succeeded" or "Failed" or "Deleted"))
        {
            return;
        }

        long run = long.Parse(context.BackgroundJob.Id, CultureInfo.InvariantCulture);
        bool onlyIfNeeded = context.BackgroundJob.Job.Args[1] is true;
        runs.Ask(run, name, onlyIfNeeded);
        if (runs.FindWaiting(name, onlyIfNeeded, besides: run) is { } waiting)
        {
            context.CandidateState = new NotNeeded(
                $"Run {waiting.Id} of {name} waits to begin already, and will do it."
            );
        }
    }
}

/// <summary>Ends a run that has nothing to do. To Hangfire it is deleted; what it keeps of the state tells it from one that a person deleted.</summary>
internal sealed class NotNeeded(string reason) : IState
{
    private const string Mark = "NotNeeded";

    private readonly DeletedState _deleted = new() { Reason = reason };

    public string Name => _deleted.Name;

    public string? Reason => _deleted.Reason;

    public bool IsFinal => _deleted.IsFinal;

    public bool IgnoreJobLoadException => _deleted.IgnoreJobLoadException;

    public Dictionary<string, string> SerializeData() => new(_deleted.SerializeData()) { [Mark] = "true" };

    /// <summary>Whether the data of a state of this name are those of such a run.</summary>
    public static bool Is(string? name, IReadOnlyDictionary<string, string?> data) =>
        name == DeletedState.StateName && data.ContainsKey(Mark);
}

/// <summary>Lets a run that has failed for good expire like every other; by default Hangfire keeps it for ever.</summary>
internal sealed class LastStateFilter : IElectStateFilter
{
    public void OnStateElection(ElectStateContext context)
    {
        if (context.CandidateState is FailedState failed)
        {
            context.CandidateState = new FinalFailure(failed);
        }
    }

    private sealed class FinalFailure(FailedState failed) : IState
    {
        public string Name => failed.Name;

        public string? Reason => failed.Reason;

        public bool IsFinal => true;

        public bool IgnoreJobLoadException => failed.IgnoreJobLoadException;

        public Dictionary<string, string> SerializeData() => failed.SerializeData();
    }
}
