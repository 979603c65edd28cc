using System.Globalization;
using Fecom.Platform.Failures;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Fecom.Training.TellMlflow;

/// <summary>Shows how long MLflow has taken nothing, and what waits. The worst state is degraded: trainings and promotions go on without it.</summary>
internal sealed class MlflowHealthCheck(UntoldRuns untold, TimeProvider time) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    )
    {
        try
        {
            return Of(await untold.StateAsync(cancellationToken), time.GetUtcNow().UtcDateTime);
        }
        catch (NpgsqlException e)
        {
            return HealthCheckResult.Degraded($"not known: {FailureText.Of(e)}");
        }
    }

    internal static HealthCheckResult Of(MlflowState state, DateTime now)
    {
        if (state is { Since: { } since, Reason: { } reason })
        {
            return HealthCheckResult.Degraded(
                Invariant(
                    $"MLflow has taken nothing since {since:yyyy-MM-dd HH:mm:ss} UTC, for {TimeSpan.FromSeconds(Math.Floor((now - since).TotalSeconds)):c}; {state.Waiting} finished trainings wait: {reason}"
                )
            );
        }

        return state is { RefusedRun: { } run, Refusal: { } refusal }
            ? HealthCheckResult.Degraded(
                $"MLflow did not take all of training {run}, which is told again when a host starts: {refusal}"
            )
            : HealthCheckResult.Healthy(Invariant($"{state.Waiting} finished trainings are to be told"));
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
