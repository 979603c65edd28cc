using Fecom.Platform.Messaging;
using Fecom.Platform.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Fecom.Testing.Chaos;

/// <summary>
/// The embedded broker, owned by this process as another host would own it: its log outlives the host under test, and its
/// connections can be cut.
/// </summary>
internal sealed class ChaosBroker : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly EmbeddedKafka _kafka;
    private readonly EmbeddedKafkaClaim _claim;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _holding;

    private ChaosBroker(EmbeddedKafka kafka, EmbeddedKafkaClaim claim)
    {
        _kafka = kafka;
        _claim = claim;
        _holding = HoldAsync(_end.Token);
    }

    /// <summary>Starts it for the hosts of a new database.</summary>
    public static async Task<ChaosBroker> StartAsync(NpgsqlDataSource database, IEnumerable<TopicDefinition> topics)
    {
        KafkaLibrary.Load();
        SchemaMigrations platform = new("platform", typeof(KafkaCluster).Assembly);
        await new Migrator(database, [platform], NullLogger<Migrator>.Instance).MigrateAsync(CancellationToken.None);
        EmbeddedKafkaClaim claim = new(database, TimeProvider.System);
        if (!await claim.TryHoldAsync(CancellationToken.None))
        {
            throw new InvalidOperationException("Another host owns the embedded broker of a new database.");
        }

        EmbeddedKafka kafka = new();
        foreach (TopicDefinition topic in topics)
        {
            kafka.CreateTopic(topic.Name, topic.Partitions);
        }

        await claim.AnnounceAsync(
            new EmbeddedKafkaAddress(Guid.CreateVersion7().ToString("N"), kafka.BootstrapServers),
            CancellationToken.None
        );
        return new ChaosBroker(kafka, claim);
    }

    /// <summary>Cuts every connection and refuses new ones, or takes them again.</summary>
    public void Cut(bool off) => _kafka.SetBrokerDown(off);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _holding;
        await _claim.ReleaseAsync();
        _kafka.Dispose();
        _end.Dispose();
    }

    /// <summary>The owner's lock ends with PostgreSQL and is taken again after it, or a host takes it for gone.</summary>
    private async Task HoldAsync(CancellationToken cancellationToken)
    {
        using PeriodicTimer timer = new(Interval);
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await timer.WaitForNextTickAsync(cancellationToken);
                await _claim.TryHoldAsync(cancellationToken);
            }
            catch (Exception e) when (Outage.Is(e) || e is OperationCanceledException)
            {
                // PostgreSQL is away: again at the next tick. Or the run is over.
            }
        }
    }
}
