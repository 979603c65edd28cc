using Fecom.Platform.Services;
using Microsoft.Extensions.Hosting;

namespace Fecom.Platform.Messaging;

/// <summary>
/// Starts the readers' threads, and drains them at a stop: first those that send to other topics finish their batch,
/// while the others still process what they send, then the rest. A reader that fails is restarted alone.
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
        TopicReader[] readers =
        [
            .. endpoints
                .GroupBy(endpoint => endpoint.Definition.ReaderName, StringComparer.Ordinal)
                .Select(group => new TopicReader([.. group])),
        ];
        Task producers = RunAllAsync(readers.Where(reader => reader.Produces), stoppingToken);
        Task sinks = RunAllAsync(readers.Where(reader => !reader.Produces), producersStopped.Token);
        TaskCompletionSource stopping = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CancellationTokenRegistration registration = stoppingToken.Register(stopping.SetResult);
        await stopping.Task;
        await producers;
        await producersStopped.CancelAsync();
        await sinks;
    }

    private async Task RunAllAsync(IEnumerable<TopicReader> some, CancellationToken stopping)
    {
        using CancellationTokenSource abort = new(Timeout.InfiniteTimeSpan, time);
        await using CancellationTokenRegistration registration = stopping.Register(() => abort.CancelAfter(DrainTime));
        await Task.WhenAll([
            .. some.Select(reader =>
                supervision.KeepAsync(reader.Name, token => reader.RunAsync(token, abort.Token), stopping)
            ),
        ]);
    }
}
