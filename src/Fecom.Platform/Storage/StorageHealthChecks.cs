using Fecom.Platform.Failures;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using StackExchange.Redis;

namespace Fecom.Platform.Storage;

internal sealed class PostgresHealthCheck(NpgsqlDataSource database) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    )
    {
        try
        {
            await database.ReadAsync<int>("select 1", null, cancellationToken);
            return HealthCheckResult.Healthy("answers");
        }
        catch (NpgsqlException e)
        {
            return HealthCheckResult.Unhealthy(FailureText.Of(e));
        }
    }
}

internal sealed class RedisHealthCheck(RedisConnection redis) : IHealthCheck
{
    /// <summary>Shorter than a command's own timeout, because the caller of the health check waits for it.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    public async Task<HealthCheckResult> CheckHealthAsync(
        HealthCheckContext context,
        CancellationToken cancellationToken = default
    )
    {
        try
        {
            IDatabase database = await redis.DatabaseAsync();
            TimeSpan ping = await database.PingAsync().WaitAsync(Timeout, cancellationToken);
            return HealthCheckResult.Healthy($"answers in {ping.TotalMilliseconds:0.0} ms");
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            return HealthCheckResult.Unhealthy(FailureText.Of(await redis.CauseAsync(e).WaitAsync(cancellationToken)));
        }
    }
}
