using Fecom.Platform.Services;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Fecom.Serving.SetRules;

/// <summary>Reads the rules before the first request, and every second what has changed since, whichever host changed it.</summary>
internal sealed partial class FollowRules(
    Supervision supervision,
    RulesRefresh rules,
    TimeProvider time,
    ILogger<FollowRules> logger
) : SupervisedService(supervision, "the rules for recommendations")
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

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
        using PeriodicTimer timer = new(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await rules.RefreshAsync(stoppingToken);
        }
    }

    [LoggerMessage(
        LogLevel.Warning,
        "The rules for recommendations cannot be read; until they are, recommendations know none: {Reason}"
    )]
    private partial void LogNotRead(string reason);
}
