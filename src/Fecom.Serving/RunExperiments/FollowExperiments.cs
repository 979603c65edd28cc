using Fecom.Platform.Hosts;
using Fecom.Platform.Services;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Fecom.Serving.RunExperiments;

/// <summary>Reads the experiments before the first request, and what has changed as soon as it has, whichever host changed it.</summary>
internal sealed partial class FollowExperiments(
    Supervision supervision,
    ExperimentsRefresh refresh,
    Notices notices,
    ILogger<FollowExperiments> logger
) : SupervisedService(supervision, "the experiments")
{
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
        using Notice changed = notices.Follow(ServingNotices.Experiments);
        while (true)
        {
            await changed.WaitAsync(stoppingToken);
            await refresh.RefreshAsync(stoppingToken);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The experiments cannot be read; until they are, nobody is part of one: {Reason}")]
    private partial void LogNotRead(string reason);
}
