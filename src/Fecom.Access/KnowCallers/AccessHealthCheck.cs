using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Fecom.Access.KnowCallers;

/// <summary>Says who may call, and whether the host knows that as it is now.</summary>
internal sealed class AccessHealthCheck(CallerDirectory directory, IOptions<AccessOptions> options) : IHealthCheck
{
    /// <summary>What is said of a host without sign-in.</summary>
    public const string Open =
        "open: whoever calls from this machine may do everything, without sign-in; nobody else may call. Access:Admin:Name and Access:Admin:Password ask for sign-in";

    public Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    ) =>
        Task.FromResult(
            directory.OutdatedSince is { } since
                ? HealthCheckResult.Degraded(
                    $"keys and people are as they were before {since:yyyy-MM-dd HH:mm:ss} UTC: PostgreSQL does not say who may call now"
                )
                : HealthCheckResult.Healthy(options.Value.NeedsSignIn ? "people sign in, programs have keys" : Open)
        );
}
