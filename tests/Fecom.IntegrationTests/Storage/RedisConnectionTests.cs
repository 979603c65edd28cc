using Fecom.Platform.Storage;
using Fecom.Testing;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Fecom.IntegrationTests.Storage;

public sealed class RedisConnectionTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory(Timeout = 60_000)]
    [InlineData("")]
    [InlineData(",password=old")]
    public async Task Health_names_the_password_when_Redis_refuses_it(string setting)
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        await using RedisConnection connection = new(redis.ConnectionString + setting);
        RedisHealthCheck check = new(connection);
        if (setting.Length == 0)
        {
            Assert.Equal(
                HealthStatus.Healthy,
                (await check.CheckHealthAsync(new HealthCheckContext(), Cancelled)).Status
            );
        }

        await redis.ChangePasswordAsync("new");

        HealthCheckResult last = default;
        await Poll.UntilAsync(
            async () =>
            {
                last = await check.CheckHealthAsync(new HealthCheckContext(), Cancelled);
                return last.Description!.Contains("password", StringComparison.Ordinal);
            },
            TimeSpan.FromSeconds(60),
            "the password is not named"
        );
        Assert.Equal(HealthStatus.Unhealthy, last.Status);
        Assert.Contains("ConnectionStrings:Redis", last.Description, StringComparison.Ordinal);
        Assert.DoesNotContain("old", last.Description, StringComparison.Ordinal);
    }
}
