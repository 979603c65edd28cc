using Fecom.Platform.Messaging;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Fecom.Validation.AlertInvalidShare;

/// <summary>Tells PostgreSQL every second or so what this host has sorted: each partition is one host's, so each event is told once.</summary>
internal sealed class CountReporter(RecentCounts counts, AlertTable table, IOptions<AlertOptions> options, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        TimeSpan interval = TimeSpan.FromSeconds(Math.Min(options.Value.CheckSeconds, Longest.TotalSeconds));
        using PeriodicTimer timer = new(interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await ReportAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops; what it has not told is a second's worth of a share.
        }
    }

    private async Task ReportAsync(CancellationToken cancellationToken)
    {
        InvalidShare taken = counts.Take();
        if (taken.Events == 0)
        {
            return;
        }

        try
        {
            await table.AddAsync(taken, cancellationToken);
        }
        catch (Exception e) when (Outage.Is(e))
        {
            // The endpoints say that PostgreSQL is away; these go with the next ones.
            counts.Return(taken);
        }
    }
}
