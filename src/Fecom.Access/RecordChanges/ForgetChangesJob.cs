using Fecom.Platform.Jobs;
using Fecom.Platform.Retention;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Access.RecordChanges;

/// <summary>Deletes old entries of the audit log.</summary>
internal sealed class ForgetChangesJob(NpgsqlDataSource database, IOptions<AccessOptions> options, TimeProvider time)
    : IJob
{
    public const string Name = "forget_changes";

    public async Task RunAsync(JobRun run, CancellationToken cancellationToken)
    {
        long forgotten = await PiecewiseDelete.RunAsync(
            database,
            "access.audit",
            "at < @before",
            time.GetUtcNow().UtcDateTime.AddDays(-options.Value.AuditDays),
            cancellationToken
        );
        await run.ReportAsync($"forgot {forgotten} entries of the audit log", share: 1, cancellationToken);
    }
}
