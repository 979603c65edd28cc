using Fecom.Platform.Jobs;
using Microsoft.Extensions.Options;

namespace Fecom.Warehouse.ForgetEvents;

/// <summary>Forgets the events of bronze that were received longer ago than <see cref="WarehouseOptions.KeepDays"/>, a day's partition at a time.</summary>
internal sealed class ForgetEventsJob(OldDays old, IOptions<WarehouseOptions> options, TimeProvider time) : IJob
{
    public const string Name = "forget_events";

    public async Task RunAsync(JobRun run, CancellationToken cancellationToken)
    {
        DateTime before = time.GetUtcNow().UtcDateTime.AddDays(-options.Value.KeepDays);
        ForgottenDays forgotten = await old.ForgetAsync(before, cancellationToken);
        await run.ReportAsync(
            $"forgot {forgotten.Days} days of bronze, and {forgotten.Others} events of days without a partition",
            share: 1,
            cancellationToken
        );
    }
}

/// <summary>What was forgotten.</summary>
/// <param name="Days">Partitions that were dropped.</param>
/// <param name="Others">Rows that were deleted, of days that have no partition of their own.</param>
internal readonly record struct ForgottenDays(int Days, long Others);
