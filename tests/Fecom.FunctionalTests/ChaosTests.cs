using Fecom.Testing.Chaos;

namespace Fecom.FunctionalTests;

/// <summary>Guarantee 1 under fire: a load of 220,000 events a seed, while its servers are killed at random moments.</summary>
/// <remarks>More seeds: <c>./fecom bench chaos --seeds N</c>; one again: <c>--seed S --seeds 1</c>.</remarks>
[Collection(nameof(Alone))]
public sealed class ChaosTests(ChaosTests.Shared servers) : IClassFixture<ChaosTests.Shared>
{
    private const int FirstSeed = 1;
    private const int Seeds = 1;
    private const int Events = 200_000;

    public static TheoryData<int> EverySeed => [.. Enumerable.Range(FirstSeed, Seeds)];

    [Theory(Timeout = 600_000)]
    [MemberData(nameof(EverySeed))]
    public async Task Whatever_is_killed_nothing_is_lost_nothing_counts_twice_and_order_holds(int seed)
    {
        ITestOutputHelper output = TestContext.Current.TestOutputHelper!;
        ChaosOutcome outcome = await new ChaosRun(servers.Value, output.WriteLine).RunAsync(seed, Events);

        Assert.Equal("", outcome.Difference);
    }

    /// <summary>The servers of all seeds.</summary>
    public sealed class Shared : IAsyncLifetime
    {
        private ChaosServers? _servers;

        internal ChaosServers Value => _servers!;

        public async ValueTask InitializeAsync() => _servers = await ChaosServers.StartAsync();

        public ValueTask DisposeAsync() => _servers?.DisposeAsync() ?? ValueTask.CompletedTask;
    }
}

/// <summary>Tests that want the machine to themselves.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
