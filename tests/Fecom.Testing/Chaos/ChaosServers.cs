using Confluent.Kafka;
using Fecom.Platform.Messaging;
using Npgsql;

namespace Fecom.Testing.Chaos;

/// <summary>The PostgreSQL, the Redis and, unless it is embedded, the Kafka that runs use one after the other.</summary>
public sealed class ChaosServers : IAsyncDisposable
{
    private IReadOnlyList<TopicDefinition>? _topics;

    private ChaosServers(PrivatePostgres postgres, PrivateRedis redis, RealKafka? kafka) =>
        (Postgres, Redis, Kafka) = (postgres, redis, kafka);

    internal PrivatePostgres Postgres { get; }

    internal PrivateRedis Redis { get; }

    /// <summary>Three real brokers; null where Kafka is embedded.</summary>
    internal RealKafka? Kafka { get; }

    /// <summary>Starts them.</summary>
    /// <param name="realKafka">Whether Kafka is three brokers in processes of their own.</param>
    public static async Task<ChaosServers> StartAsync(bool realKafka = false) =>
        new(
            await PrivatePostgres.StartAsync(),
            await PrivateRedis.StartAsync(),
            realKafka ? await RealKafka.StartAsync(ChaosPlan.RealBrokers, own: true) : null
        );

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Kafka is not null)
        {
            await Kafka.DisposeAsync();
        }

        await Redis.DisposeAsync();
        await Postgres.DisposeAsync();
    }

    /// <summary>An empty database, and Redis and a real Kafka empty too.</summary>
    /// <returns>Npgsql's connection string.</returns>
    internal async Task<string> EmptyAsync()
    {
        if (Kafka is not null)
        {
            await Kafka.WholeAsync();
            await Kafka.ClearAsync();
        }

        await Redis.FlushAsync();
        string connection = await Postgres.CreateDatabaseAsync();
        // What earlier runs wrote need not be recovered again after each kill of this one.
        await ExecuteAsync("checkpoint");
        return connection;
    }

    /// <summary>The topics that a host uses, as one creates them in a broker of its own.</summary>
    internal async Task<IReadOnlyList<TopicDefinition>> TopicsAsync()
    {
        if (_topics is null)
        {
            KafkaLibrary.Load();
            string connection = await EmptyAsync();
            string folder = RunFolder.Create("chaos-topics");
            await using (
                HostProcess host = await HostProcess.StartAsync(
                    connection,
                    Redis.ConnectionString,
                    folder,
                    ChaosHost.Settings(kafka: null)
                )
            )
            await using (NpgsqlDataSource database = NpgsqlDataSource.Create(connection))
            {
                using EmbeddedKafkaClaim claim = new(database, TimeProvider.System);
                EmbeddedKafkaAddress address = (await claim.AnnouncedAsync(CancellationToken.None))!;
                using IAdminClient admin = new AdminClientBuilder(
                    new AdminClientConfig { BootstrapServers = address.BootstrapServers }
                ).Build();
                _topics =
                [
                    .. admin
                        .GetMetadata(TimeSpan.FromSeconds(20))
                        .Topics.Select(topic => new TopicDefinition(topic.Topic, topic.Partitions.Count)),
                ];
            }

            Directory.Delete(folder, recursive: true);
            await DropAsync(connection);
        }

        return _topics;
    }

    /// <summary>Gives a run's database back.</summary>
    internal Task DropAsync(string connection) =>
        ExecuteAsync($"drop database {new NpgsqlConnectionStringBuilder(connection).Database} with (force)");

    private async Task ExecuteAsync(string sql)
    {
        await using NpgsqlDataSource server = NpgsqlDataSource.Create(
            Postgres.ConnectionString("postgres") + ";Pooling=false;Command Timeout=120"
        );
        await using NpgsqlCommand command = server.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
