using Fecom.Platform.Services;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Fecom.Serving.RunExperiments;

/// <summary>Reads the experiments before the first request, and every second what has changed since, whichever host changed it.</summary>
internal sealed partial class FollowExperiments(
    Supervision supervision,
    ExperimentsRefresh refresh,
    TimeProvider time,
    ILogger<FollowExperiments> logger
) : SupervisedService(supervision, "the experiments")
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await refresh.RefreshAsync(cancellationToken);
        }
        catch (NpgsqlException e)
        {
            LogNotRead(e.Message);
        }

        await base.StartAsync(cancellationToken);
    }

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await refresh.RefreshAsync(stoppingToken);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The experiments cannot be read; until they are, nobody is part of one: {Reason}")]
    private partial void LogNotRead(string reason);
}
