using Fecom.Platform.Services;
using Fecom.Serving.LoadModels;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Fecom.Serving.TryChallengers;

/// <summary>Reads the challengers before the first request, and every second what has changed since, whichever host changed it.</summary>
internal sealed partial class FollowChallengers(
    Supervision supervision,
    Challengers challengers,
    ChallengerTable table,
    TimeProvider time,
    ILogger<FollowChallengers> logger
) : SupervisedService(supervision, "the challengers")
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>How long health tells of a failure.</summary>
    private static readonly TimeSpan Told = TimeSpan.FromMinutes(5);

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
        using PeriodicTimer timer = new(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            challengers.Take(await table.NewestAsync(stoppingToken));
            Supervision.Report(Name, FailuresNow());
        }
    }

    private string? FailuresNow()
    {
        string[] told =
        [
            .. challengers
                .Failures.Where(one => time.GetUtcNow() - one.Value.LastAt < Told)
                .Select(one => Describe(one.Key, one.Value)),
        ];
        return told.Length == 0 ? null : string.Join(' ', told);
    }

    private static string Describe(WantedVersion version, ChallengerFailures failures) =>
        $"{version.Model} version {version.Version} failed {failures.All} times, and the champion answered in its place: {failures.Reason}";

    [LoggerMessage(
        LogLevel.Warning,
        "The challengers cannot be read; until they are, the champions answer everybody: {Reason}"
    )]
    private partial void LogNotRead(string reason);
}
