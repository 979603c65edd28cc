using Fecom.Platform.Hosts;
using Fecom.Platform.Services;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Fecom.Serving.SetRules;

/// <summary>Reads the rules before the first request, and what has changed as soon as it has, whichever host changed it.</summary>
internal sealed partial class FollowRules(
    Supervision supervision,
    RulesRefresh rules,
    Notices notices,
    ILogger<FollowRules> logger
) : SupervisedService(supervision, "the rules for recommendations")
{
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await rules.RefreshAsync(cancellationToken);
        }
        catch (NpgsqlException e)
        {
            LogNotRead(e.Message);
        }

        await base.StartAsync(cancellationToken);
    }

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        using Notice changed = notices.Follow(ServingNotices.Rules);
        while (true)
        {
            await changed.WaitAsync(stoppingToken);
            await rules.RefreshAsync(stoppingToken);
        }
    }

    [LoggerMessage(
        LogLevel.Warning,
        "The rules for recommendations cannot be read; until they are, recommendations know none: {Reason}"
    )]
    private partial void LogNotRead(string reason);
}
