using Microsoft.Extensions.Hosting;

namespace Fecom.Platform.Services;

/// <summary>
/// A background service that cannot end the host. It retries while a
/// server is unavailable, restarts after a bug of ours, and shows in <c>/health/ready</c> why it does not run.
/// </summary>
/// <param name="supervision">Keeps it running.</param>
/// <param name="name">What it does, for a person: <c>the relay of the API's events</c>.</param>
public abstract class SupervisedService(Supervision supervision, string name) : BackgroundService
{
    /// <summary>Where parts of this service report why they wait.</summary>
    protected Supervision Supervision => supervision;

    /// <summary>Its name.</summary>
    protected string Name => name;

    /// <summary>The work, from its beginning: called again after a failure, until it returns or the host stops.</summary>
    protected abstract Task RunAsync(CancellationToken stoppingToken);

    /// <inheritdoc/>
    protected sealed override Task ExecuteAsync(CancellationToken stoppingToken) =>
        supervision.KeepAsync(name, RunAsync, stoppingToken);
}
