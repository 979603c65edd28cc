namespace Fecom.Testing;

/// <summary>The Kafka that a test runs on.</summary>
public enum KafkaKind
{
    /// <summary>librdkafka's cluster in the host's process.</summary>
    Embedded,

    /// <summary>A broker in a process of its own.</summary>
    Real,
}

/// <summary>The real broker that the tests of an assembly share, one after the other; it starts with the first.</summary>
public sealed class SharedKafka : IAsyncDisposable
{
    private readonly SemaphoreSlim _lease = new(1, 1);
    private RealKafka? _kafka;

    /// <summary>Waits until no other test has it, and empties it. The lease's end lets the next test have it.</summary>
    public async Task<KafkaLease> TakeAsync(KafkaKind kind, CancellationToken cancellationToken)
    {
        if (kind == KafkaKind.Embedded)
        {
            return new KafkaLease("embedded", lease: null);
        }

        await _lease.WaitAsync(cancellationToken);
        try
        {
            _kafka ??= await RealKafka.StartAsync();
            await _kafka.ClearAsync();
            return new KafkaLease(_kafka.BootstrapServers, _lease);
        }
        catch
        {
            _lease.Release();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_kafka is not null)
        {
            await _kafka.DisposeAsync();
        }

        _lease.Dispose();
    }
}

/// <summary>A test's Kafka, until it is disposed of.</summary>
public sealed class KafkaLease : IDisposable
{
    private readonly SemaphoreSlim? _lease;

    internal KafkaLease(string bootstrapServers, SemaphoreSlim? lease) =>
        (BootstrapServers, _lease) = (bootstrapServers, lease);

    /// <summary>As <c>Kafka:BootstrapServers</c> takes it.</summary>
    public string BootstrapServers { get; }

    /// <inheritdoc/>
    public void Dispose() => _lease?.Release();
}
