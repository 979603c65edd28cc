using Fecom.Platform.Jobs;
using Fecom.Platform.Retention;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Features.ForgetSessions;

/// <summary>Forgets the states of sessions that ended long ago.</summary>
internal sealed class ForgetSessionsJob(NpgsqlDataSource database, IOptions<SessionOptions> options, TimeProvider time) : IJob
{
    public const string Name = "forget_sessions";

    public async Task RunAsync(JobRun run, CancellationToken cancellationToken) =>
        await run.ReportAsync($"forgot the states of {await ForgetAsync(cancellationToken)} sessions", share: 1, cancellationToken);

    /// <returns>States that were forgotten.</returns>
    public Task<long> ForgetAsync(CancellationToken cancellationToken) =>
        PiecewiseDelete.RunAsync(
            database,
            "features.session_state",
            "updated_at < @before",
            time.GetUtcNow().UtcDateTime.AddDays(-options.Value.KeepDays),
            cancellationToken
        );
}
