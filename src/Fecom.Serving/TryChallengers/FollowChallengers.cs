using Fecom.Platform.Hosts;
using Fecom.Platform.Services;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Fecom.Serving.TryChallengers;

/// <summary>Reads the challengers before the first request, and what has changed as soon as it has, whichever host changed it.</summary>
internal sealed partial class FollowChallengers(
    Supervision supervision,
    Challengers challengers,
    ChallengerTable table,
    Notices notices,
    ILogger<FollowChallengers> logger
) : SupervisedService(supervision, "the challengers")
{
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            challengers.Take(await table.NewestAsync(cancellationToken));
        }
        catch (NpgsqlException e)
        {
            LogNotRead(e.Message);
        }

        await base.StartAsync(cancellationToken);
    }

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        using Notice changed = notices.Follow(ServingNotices.Challengers);
        while (true)
        {
            await changed.WaitAsync(stoppingToken);
            challengers.Take(await table.NewestAsync(stoppingToken));
        }
    }

    [LoggerMessage(
        LogLevel.Warning,
        "The challengers cannot be read; until they are, the champions answer everybody: {Reason}"
    )]
    private partial void LogNotRead(string reason);
}
