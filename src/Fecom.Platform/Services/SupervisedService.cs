using Microsoft.Extensions.Hosting;

namespace Fecom.Platform.Services;

/// <summary>
/// A part of the host that runs for as long as the host does. Whatever fails in it, the host goes on: the part waits while a
/// server is away, begins again after a fault of ours, and says in <c>/health/ready</c> why it does not run.
/// </summary>
/// <param name="supervision">Keeps it running.</param>
/// <param name="name">What it does, for a person: <c>the relay of the API's events</c>.</param>
public abstract class SupervisedService(Supervision supervision, string name) : BackgroundService
{
    /// <summary>Hears why parts of this service wait.</summary>
    protected Supervision Supervision => supervision;

    /// <summary>Its name.</summary>
    protected string Name => name;

    /// <summary>The work, from its beginning: runs until it is done, or the host stops, and again after a failure.</summary>
    protected abstract Task RunAsync(CancellationToken stoppingToken);

    /// <inheritdoc/>
    protected sealed override Task ExecuteAsync(CancellationToken stoppingToken) =>
        supervision.KeepAsync(name, RunAsync, stoppingToken);
}
