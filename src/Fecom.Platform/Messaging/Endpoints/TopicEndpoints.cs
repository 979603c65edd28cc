using Fecom.Platform.Services;
using Microsoft.Extensions.Hosting;

namespace Fecom.Platform.Messaging;

/// <summary>
/// Starts the endpoints' threads, and drains them at a stop: first those that send to other topics finish their batch,
/// while the others still process what they send, then the rest. An endpoint that fails is restarted alone.
/// </summary>
internal sealed class TopicEndpoints(
    Supervision supervision,
    IEnumerable<ITopicEndpoint> endpoints,
    Backlog backlog,
    TimeProvider time
) : BackgroundService
{
    /// <summary>For each of the two groups, and each then leaves its consumer groups; together less than the host's shutdown timeout.</summary>
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(9);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Created here so that it sees the first progress.
        _ = backlog;
        using CancellationTokenSource producersStopped = new();
        Task producers = RunAllAsync(
            endpoints.Where(endpoint => endpoint.Definition.Produces.Count > 0),
            stoppingToken
        );
        Task sinks = RunAllAsync(
            endpoints.Where(endpoint => endpoint.Definition.Produces.Count == 0),
            producersStopped.Token
        );
        TaskCompletionSource stopping = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CancellationTokenRegistration registration = stoppingToken.Register(stopping.SetResult);
        await stopping.Task;
        await producers;
        await producersStopped.CancelAsync();
        await sinks;
    }

    private async Task RunAllAsync(IEnumerable<ITopicEndpoint> some, CancellationToken stopping)
    {
        using CancellationTokenSource abort = new(Timeout.InfiniteTimeSpan, time);
        await using CancellationTokenRegistration registration = stopping.Register(() => abort.CancelAfter(DrainTime));
        await Task.WhenAll([
            .. some.Select(endpoint =>
                supervision.KeepAsync(
                    endpoint.Definition.Name,
                    token => endpoint.RunAsync(token, abort.Token),
                    stopping
                )
            ),
        ]);
    }
}
