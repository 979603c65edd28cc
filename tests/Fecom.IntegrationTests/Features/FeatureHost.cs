using Fecom.Contracts;
using Fecom.Features;
using Fecom.Features.StreamFeatures;
using Fecom.Platform.Messaging;
using Fecom.Platform.Storage;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Fecom.IntegrationTests.Features;

/// <summary>The feature sink of one host, with its own memory and connections, given its batches by hand.</summary>
internal sealed class FeatureHost : IAsyncDisposable
{
    private const string Log = "log";

    private readonly SinkLedger<StreamFeaturesConsumer> _ledger;
    private readonly StreamFeaturesConsumer _consumer;
    private readonly OnlineStoreWriter _online;
    private readonly ConflictLog _conflicts = new();

    private FeatureHost(string postgres, string redis, TimeProvider time)
    {
        Database = NpgsqlDataSource.Create(postgres);
        Redis = new RedisConnection(redis);
        _ledger = new(Database, OnlineStoreWriter.Sink, time);
        _online = new(Redis, Database, time, NullLogger<OnlineStoreWriter>.Instance);
        _consumer = new(
            _ledger,
            new StreamState(),
            _online,
            new Materialization(Database, time, NullLogger<Materialization>.Instance),
            time,
            _conflicts
        );
    }

    public NpgsqlDataSource Database { get; }

    public RedisConnection Redis { get; }

    /// <summary>How often entities were stepped again because another host had moved them on.</summary>
    public int Conflicts => _conflicts.Count;

    /// <summary>Starts on a database that is brought to its newest version.</summary>
    public static async Task<FeatureHost> StartAsync(string postgres, string redis, TimeProvider? time = null)
    {
        FeatureHost host = new(postgres, redis, time ?? TimeProvider.System);
        await MigrateAsync(host.Database);
        return host;
    }

    public static Task MigrateAsync(NpgsqlDataSource database) =>
        new Migrator(
            database,
            [new("features", typeof(FeaturesModule).Assembly), new("platform", typeof(MessagingRegistration).Assembly)],
            NullLogger<Migrator>.Instance
        ).MigrateAsync(TestContext.Current.CancellationToken);

    /// <summary>From now on it reads these partitions.</summary>
    public Task AssignAsync(params int[] partitions) =>
        _ledger.AssignAsync(Log, partitions, TestContext.Current.CancellationToken);

    /// <summary>Takes a batch and finishes it: then both stores have all of it.</summary>
    public async Task TakeAsync(params TopicMessage<BehaviorEvent>[] messages)
    {
        TopicBatch<BehaviorEvent> batch = new(Topics.ValidatedUserBehavior, messages);
        await _consumer.TakeAsync(batch, TestContext.Current.CancellationToken);
        await batch.Finish!(TestContext.Current.CancellationToken);
    }

    /// <summary>As its endpoint does: again and again while it is no message's fault.</summary>
    public async Task TakeAtLastAsync(params TopicMessage<BehaviorEvent>[] messages)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                await TakeAsync(messages);
                return;
            }
            catch (Exception e) when (Outage.Is(e) && attempt < 100)
            {
                // The endpoint's pause is not needed here.
            }
        }
    }

    public Task<bool> CatchUpAsync() =>
        _online.CatchUpAsync(isScanAllowed: true, TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await Redis.DisposeAsync();
        await Database.DisposeAsync();
    }

    private sealed class ConflictLog : ILogger<StreamFeaturesConsumer>
    {
        private int _count;

        public int Count => _count;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            Microsoft.Extensions.Logging.EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => Interlocked.Increment(ref _count);
    }
}
