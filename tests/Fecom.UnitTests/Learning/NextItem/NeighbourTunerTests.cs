using Fecom.Learning.NextItem;
using Xunit;

namespace Fecom.UnitTests.Learning.NextItem;

public sealed class NeighbourTunerTests
{
    [Fact]
    public void Tune_WithAnyNumberOfThreads_FindsTheSameWeights()
    {
        SessionLog log = SomeSessions.Log(SomeSessions.Walks(1_000, seed: 1));
        SessionIndex index = new(log, 900, log.Products);
        List<NextItemCase> cases = NextItemCase.Spread(NextItemCase.Of(log, 900, 1_000), 150);
        NeighbourTuner alone = new(index, cases, 1, TestContext.Current.CancellationToken);
        NeighbourTuner together = new(index, cases, 4, TestContext.Current.CancellationToken);

        NeighbourOptions tuned = alone.Tune(new NeighbourOptions());

        Assert.Equal(tuned, together.Tune(new NeighbourOptions()));
        Assert.True(alone.Quality(tuned) > alone.Quality(new NeighbourOptions()));
    }

    [Fact]
    public void Quality_CountsHitsAndTheirPlaces()
    {
        SessionLog log = new();
        log.Add([0, 1]);
        log.Add([0, 2]);
        log.Add([0, 2]);
        log.Add([0, 2]);
        log.Add([0, 1]);
        log.Add([0, 9]);
        log.Add([8, 9]);
        SessionIndex index = new(log, 3, 10);
        NeighbourTuner tuner = new(index, [.. NextItemCase.Of(log, 3, 7)], 1, TestContext.Current.CancellationToken);

        // 2 comes first and 1 second; 9 is not named, and 8 is not known.
        double quality = tuner.Quality(new NeighbourOptions { SameWeight = 0, CandidateRarityPower = 0 });

        Assert.Equal((2 + 1.5 + 0 + 0) / 4, quality, 1e-9);
    }

    [Fact]
    public void Spread_TakesCasesFromEverywhere()
    {
        SessionLog log = SomeSessions.Random(seed: 2, sessions: 400, products: 20);
        List<NextItemCase> all = NextItemCase.Of(log, 100, 400);

        List<NextItemCase> spread = NextItemCase.Spread(all, 30);

        Assert.Equal(Enumerable.Range(100, 300).Sum(session => log[session].Length - 1), all.Count);
        Assert.Equal(30, spread.Distinct().Count());
        Assert.InRange(spread[^1].Session, 385, 399);
        Assert.Equal(all, NextItemCase.Spread(all, all.Count));
    }
}
