using Fecom.Platform.Services;
using Microsoft.Extensions.Options;

namespace Fecom.Validation.AlertInvalidShare;

/// <summary>Adds this host's counts to PostgreSQL about every second. Each partition is read by one host, so each event is counted once.</summary>
internal sealed class CountReporter(
    Supervision supervision,
    RecentCounts counts,
    AlertTable table,
    IOptions<AlertOptions> options,
    TimeProvider time
) : SupervisedService(supervision, "the count of invalid events")
{
    private static readonly TimeSpan MaxInterval = TimeSpan.FromSeconds(2);

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        TimeSpan interval = TimeSpan.FromSeconds(Math.Min(options.Value.CheckSeconds, MaxInterval.TotalSeconds));
        using PeriodicTimer timer = new(interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await ReportAsync(stoppingToken);
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
        catch
        {
            // These counts are added with the next ones.
            counts.Return(taken);
            throw;
        }
    }
}
