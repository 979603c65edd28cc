using Fecom.IntegrationTests.Messaging;
using Fecom.IntegrationTests.Pipeline;
using Fecom.Testing;

namespace Fecom.IntegrationTests.RealServers;

/// <summary>The transport's contract on a real broker.</summary>
[Collection(RealKafkaCollection.Name)]
public sealed class RealKafkaTransportTests(Servers servers, RealKafkaFixture kafka) : TransportContract(servers)
{
    private string? _bootstrapServers;

    [Fact(Timeout = 120_000)]
    public async Task An_endpoint_that_begins_to_share_a_reader_goes_on_where_its_own_group_was()
    {
        Numbers numbers = new();
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        string database = await CreateDatabaseAsync();
        await using (PipelineHost before = await StartAsync(numbers, redis, database))
        {
            await SendAsync(before, Enumerable.Range(0, 500));
            await before.Barrier.PassAsync(Topic, Cancelled);
        }

        Reader = "test-shared";
        await using PipelineHost after = await StartAsync(numbers, redis, database);
        await SendAsync(after, Enumerable.Range(500, 500));
        await after.Barrier.PassAsync(Topic, Cancelled);

        Assert.Equal(1_000, numbers.Processed.Count);
        Assert.All(numbers.Processed, entry => Assert.Equal(1, entry.Value));
    }

    protected override async Task<string> BootstrapServersAsync() =>
        _bootstrapServers ??= (await kafka.EmptyAsync()).BootstrapServers;
}
