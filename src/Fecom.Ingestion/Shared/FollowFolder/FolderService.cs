using Fecom.Ingestion.Shared.FindFiles;
using Fecom.Ingestion.Shared.RunOnOneHost;
using Fecom.Ingestion.Shared.RunSources;
using Fecom.Platform.Hosts;
using Fecom.Platform.Services;

namespace Fecom.Ingestion.Shared.FollowFolder;

/// <summary>Polls the input folder, on one host at a time, and whenever a run is requested.</summary>
/// <param name="supervision">Keeps it running.</param>
/// <param name="name">What it does, for a person.</param>
/// <param name="lease">Chooses the host.</param>
/// <param name="key">The advisory lock of the host that polls.</param>
/// <param name="runs">The requested runs.</param>
/// <param name="kind">The kind of source whose runs it takes.</param>
/// <param name="options">Whether, and how often, to poll.</param>
/// <param name="time">Measures the interval.</param>
internal abstract class FolderService(
    Supervision supervision,
    string name,
    HostLease lease,
    long key,
    LoadRuns runs,
    string kind,
    LoadOptions options,
    TimeProvider time
) : SupervisedService(supervision, name)
{
    protected LoadRuns Runs => runs;

    protected TimeProvider Time => time;

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        if (options.Enabled)
        {
            await lease.HoldAsync(key, Name, PollAsync, stoppingToken);
        }
    }

    /// <summary>This host begins to poll: what it knew of the folder may be out of date.</summary>
    protected virtual void Begin() { }

    /// <summary>Reads the folder once.</summary>
    /// <param name="requested">The runs that wait for it; none at a poll without a request.</param>
    /// <param name="cancellationToken">Cancelled when another host polls.</param>
    protected abstract Task ScanAsync(IReadOnlyList<LoadRun> requested, CancellationToken cancellationToken);

    private async Task PollAsync(CancellationToken cancellationToken)
    {
        Begin();
        Signal requested = runs.Requested(kind);
        using ITimer timer = requested.SetEvery(TimeSpan.FromSeconds(options.PollSeconds), time);
        while (true)
        {
            await requested.WaitAsync(cancellationToken);
            await ScanAsync(await runs.TakeAsync(kind, cancellationToken), cancellationToken);
        }
    }
}
