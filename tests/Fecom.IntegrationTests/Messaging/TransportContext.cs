using System.Text;
using Fecom.IntegrationTests.Pipeline;
using Fecom.Platform.Messaging;
using Fecom.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Fecom.IntegrationTests.Messaging;

/// <summary>A host with one endpoint, which reads numbers, on a cluster that the test brings.</summary>
public abstract class TransportContext(Servers servers)
{
    protected const string Topic = "test.numbers";

    /// <summary>The reader of the endpoint, of hosts that are started from now on.</summary>
    protected string? Reader { get; set; }

    protected static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>As <c>Kafka:BootstrapServers</c> takes it; the cluster has nothing of other tests.</summary>
    protected abstract Task<string> BootstrapServersAsync();

    protected Task<string> CreateDatabaseAsync() => servers.Postgres.CreateDatabaseAsync();

    private protected async Task<PipelineHost> StartAsync(
        Numbers numbers,
        PrivateRedis redis,
        params (string, string)[] settings
    ) => await StartAsync(numbers, redis, await CreateDatabaseAsync(), settings);

    private protected async Task<PipelineHost> StartAsync(
        Numbers numbers,
        PrivateRedis redis,
        string database,
        params (string, string)[] settings
    ) =>
        await PipelineHost.StartAsync(
            database,
            redis.ConnectionString,
            builder =>
            {
                builder.Services.AddSingleton(numbers);
                builder.Services.AddTopicEndpoint<RawMessage, NumbersConsumer>(
                    new()
                    {
                        Name = "test-numbers",
                        Reader = Reader,
                        Topic = Topic,
                        Partitions = 4,
                        BatchSize = 2_000,
                    },
                    new RawFormat()
                );
            },
            [("Kafka:BootstrapServers", await BootstrapServersAsync()), .. settings]
        );

    private protected static Task SendAsync(PipelineHost host, IEnumerable<int> numbers) =>
        host.Producer.SendAsync(
            Topic,
            [
                .. numbers.Select(i => new OutgoingMessage(
                    Encoding.UTF8.GetBytes($"key-{i % 10}"),
                    Encoding.UTF8.GetBytes($"{i} ")
                )),
            ],
            Cancelled
        );

    private protected static async Task<string> LetterAsync(NpgsqlDataSource database)
    {
        await using NpgsqlCommand command = database.CreateCommand(
            "select concat_ws('|', endpoint, topic, trim(convert_from(original, 'UTF8')), reason) from platform.dead_letter"
        );
        return (string?)await command.ExecuteScalarAsync(Cancelled) ?? "";
    }
}
