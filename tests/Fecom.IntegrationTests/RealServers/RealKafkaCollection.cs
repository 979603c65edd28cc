using Fecom.Testing;

namespace Fecom.IntegrationTests.RealServers;

/// <summary>Tests on one real Kafka broker: it starts with the first of them, and they run one after the other on an empty cluster.</summary>
[CollectionDefinition(Name)]
public sealed class RealKafkaCollection : ICollectionFixture<RealKafkaFixture>
{
    public const string Name = "real Kafka";
}

/// <summary>The broker of the collection.</summary>
public sealed class RealKafkaFixture : IAsyncDisposable
{
    private RealKafka? _kafka;

    /// <summary>The broker without any topic; the test skips with a word where there is none.</summary>
    public async Task<RealKafka> EmptyAsync()
    {
        Assert.SkipWhen(RealKafka.Missing is not null, RealKafka.Missing ?? "");
        _kafka ??= await RealKafka.StartAsync();
        await _kafka.ClearAsync();
        return _kafka;
    }

    /// <summary>What a theory over both kinds gives its host as <c>Kafka:BootstrapServers</c>.</summary>
    public async Task<string> BootstrapServersAsync(KafkaKind kind) =>
        kind == KafkaKind.Real ? (await EmptyAsync()).BootstrapServers : "embedded";

    public ValueTask DisposeAsync() => _kafka?.DisposeAsync() ?? ValueTask.CompletedTask;
}
