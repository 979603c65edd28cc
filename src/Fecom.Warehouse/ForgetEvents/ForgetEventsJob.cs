using Fecom.Platform.Jobs;
using Microsoft.Extensions.Options;

namespace Fecom.Warehouse.ForgetEvents;

/// <summary>Forgets what bronze received longer ago than <see cref="WarehouseOptions.KeepDays"/>: events a day's partition at a time, changes of tables a month's.</summary>
internal sealed class ForgetEventsJob(
    OldDays old,
    OldMonths months,
    IOptions<WarehouseOptions> options,
    TimeProvider time
) : IJob
{
    public const string Name = "forget_events";

    public async Task RunAsync(JobRun run, CancellationToken cancellationToken)
    {
        DateTime before = time.GetUtcNow().UtcDateTime.AddDays(-options.Value.KeepDays);
        int changes = await months.ForgetAsync(before, cancellationToken);
        ForgottenDays forgotten = await old.ForgetAsync(before, cancellationToken);
        await run.ReportAsync(
            $"forgot {forgotten.Days} days of bronze, {forgotten.Others} events of days without a partition, and {changes} months of tables' changes",
            share: 1,
            cancellationToken
        );
    }
}

/// <summary>What was forgotten.</summary>
/// <param name="Days">Partitions that were dropped.</param>
/// <param name="Others">Rows that were deleted, of days that have no partition of their own.</param>
internal readonly record struct ForgottenDays(int Days, long Others);
