using Fecom.Testing;

namespace Fecom.FunctionalTests;

/// <summary>Several hosts on the same Kafka, PostgreSQL and Redis share the partitions.</summary>
public sealed class ReplicaTests(Servers servers, ITestOutputHelper output)
{
    private const int TestTimeout = 600_000;

    [Theory(Timeout = TestTimeout)]
    [InlineData(KafkaKind.Embedded)]
    [InlineData(KafkaKind.Real)]
    public async Task Three_hosts_share_a_load_while_one_is_killed_and_one_added_and_the_result_is_the_same(
        KafkaKind kafka
    )
    {
        await using Shop shop = await Shop.OpenAsync(servers, kafka);
        await HostProcess.RunToolAsync(
            "generate",
            "--events",
            "120000",
            "--seed",
            "21",
            "--out",
            $"{shop.Data}/events.csv"
        );
        await shop.StartHostAsync();
        HostProcess second = await shop.StartReplicaAsync();
        await shop.StartReplicaAsync();

        File.Move($"{shop.Data}/events.csv", $"{shop.Raw}/events.csv");
        PartitionPauses pauses = new(shop.Database, "bronze");
        Task load = shop.LoadedAsync("events.csv");
        Task watch = pauses.WatchAsync(load);
        await GrewAsync(shop, 30_000);
        await second.KillAsync();
        output.WriteLine($"killed one with {await shop.CountAsync("bronze.event")} events in bronze");
        await shop.StartReplicaAsync();
        await watch;

        output.WriteLine($"longest pause of a partition: {pauses.Max.TotalSeconds:0.0} s");
        Assert.InRange(pauses.Max, TimeSpan.Zero, TimeSpan.FromSeconds(30));
        await shop.AssertStoresAsync(await shop.OracleAsync("events.csv"));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task When_the_host_that_owns_the_embedded_Kafka_is_killed_another_one_takes_over()
    {
        await using Shop shop = await Shop.OpenAsync(servers);
        await HostProcess.RunToolAsync(
            "generate",
            "--events",
            "60000",
            "--seed",
            "22",
            "--out",
            $"{shop.Raw}/events.csv"
        );
        await shop.StartHostAsync();
        HostProcess second = await shop.StartReplicaAsync();
        await GrewAsync(shop, 20_000);

        await shop.KillHostAsync();
        await second.RestartedAsync();
        await shop.LoadedAsync("events.csv", second);

        await shop.AssertStoresAsync(await shop.OracleAsync("events.csv", second));
    }

    [Fact(Timeout = TestTimeout)]
    public async Task A_host_that_is_told_to_stop_while_it_builds_itself_again_stops()
    {
        await using Shop shop = await Shop.OpenAsync(servers);
        await shop.StartHostAsync();
        HostProcess second = await shop.StartReplicaAsync();

        await shop.KillHostAsync();
        await second.RestartingAsync();
        await second.StopAsync();

        Assert.True(second.ExitCode == 0, second.Output);
    }

    private static Task GrewAsync(Shop shop, long goal) =>
        Poll.UntilAsync(
            async () => await shop.CountAsync("bronze.event") >= goal,
            TimeSpan.FromSeconds(240),
            $"bronze did not grow beyond {goal}"
        );
}
