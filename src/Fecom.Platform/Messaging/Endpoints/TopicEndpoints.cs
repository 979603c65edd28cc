using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fecom.Platform.Messaging;

/// <summary>
/// Starts the endpoints' threads, and drains them at a stop: first those that send to other topics finish the batch at hand,
/// while what they send is still taken in, then the rest.
/// </summary>
internal sealed partial class TopicEndpoints(
    IEnumerable<ITopicEndpoint> endpoints,
    Backlog backlog,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<TopicEndpoints> logger
) : BackgroundService
{
    /// <summary>For either of the two: together less than a host has to stop.</summary>
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(9);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Made here so that it hears of the first move.
        _ = backlog;
        using CancellationTokenSource producersGone = new();
        Task producers = RunAllAsync(endpoints.Where(endpoint => endpoint.Definition.Produces.Count > 0), stoppingToken);
        Task sinks = RunAllAsync(endpoints.Where(endpoint => endpoint.Definition.Produces.Count == 0), producersGone.Token);
        TaskCompletionSource stopping = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CancellationTokenRegistration registration = stoppingToken.Register(stopping.SetResult);
        await stopping.Task;
        await producers;
        await producersGone.CancelAsync();
        await sinks;
    }

    private async Task RunAllAsync(IEnumerable<ITopicEndpoint> some, CancellationToken stopping)
    {
        using CancellationTokenSource abort = new(Timeout.InfiniteTimeSpan, time);
        await using CancellationTokenRegistration registration = stopping.Register(() => abort.CancelAfter(DrainTime));
        await Task.WhenAll([.. some.Select(endpoint => RunAsync(endpoint, stopping, abort.Token))]);
    }

    private async Task RunAsync(ITopicEndpoint endpoint, CancellationToken stopping, CancellationToken abort)
    {
        try
        {
            await endpoint.RunAsync(stopping, abort);
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            // An endpoint that cannot go on takes the process down, to be started again, rather than standing still unseen.
            LogEnded(e, endpoint.Definition.Name);
            Environment.ExitCode = 1;
            lifetime.StopApplication();
        }
    }

    [LoggerMessage(LogLevel.Critical, "Endpoint {Endpoint} cannot go on; the host stops")]
    private partial void LogEnded(Exception cause, string endpoint);
}
