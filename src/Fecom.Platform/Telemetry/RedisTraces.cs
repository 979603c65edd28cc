using Fecom.Platform.Storage;
using Microsoft.Extensions.Hosting;
using OpenTelemetry.Instrumentation.StackExchangeRedis;

namespace Fecom.Platform.Telemetry;

/// <summary>Enables tracing of Redis' commands once there is a connection.</summary>
internal sealed class RedisTraces(RedisConnection redis, StackExchangeRedisInstrumentation instrumentation)
    : IHostedService
{
    private IDisposable? _traced;

    public async Task StartAsync(CancellationToken cancellationToken) =>
        _traced = instrumentation.AddConnection(await redis.MultiplexerAsync());

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _traced?.Dispose();
        return Task.CompletedTask;
    }
}
