using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Fecom.Platform.Messaging;

/// <summary>Starts the endpoints' threads and lets them finish the batch at hand at a stop.</summary>
internal sealed partial class TopicEndpoints(
    IEnumerable<ITopicEndpoint> endpoints,
    Backlog backlog,
    IHostApplicationLifetime lifetime,
    ILogger<TopicEndpoints> logger
) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Made here so that it hears of the first move.
        _ = backlog;
        Task[] running = [.. endpoints.Select(endpoint => RunAsync(endpoint, stoppingToken))];
        await Task.WhenAll(running);
    }

    private async Task RunAsync(ITopicEndpoint endpoint, CancellationToken stoppingToken)
    {
        try
        {
            await endpoint.RunAsync(stoppingToken);
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
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
