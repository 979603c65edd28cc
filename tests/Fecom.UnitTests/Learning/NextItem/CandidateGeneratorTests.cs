using Fecom.Learning.NextItem;
using Xunit;

namespace Fecom.UnitTests.Learning.NextItem;

public sealed class CandidateGeneratorTests
{
    private static readonly (CandidateSignal Signal, double Weight)[] Blend =
    [
        (CandidateSignal.Neighbours, 1),
        (CandidateSignal.PlainNeighbours, 0.5),
        (CandidateSignal.Forward, 1),
        (CandidateSignal.Backward, 0.3),
        (CandidateSignal.TwoSteps, 1),
        (CandidateSignal.Suffix, 0.2),
    ];

    [Theory]
    [InlineData(30)]
    [InlineData(250)]
    public void Find_TakesTheHundredBestByTheBlend(int products)
    {
        Parts parts = new(products, sessions: 1_500);
        Random random = new(8);
        for (int i = 0; i < 20; i++)
        {
            int[] visits = [random.Next(products), .. SomeSessions.Query(random, products - 1)];
            parts.Candidates.Find(visits);
            Dictionary<int, double> blends = parts.Blends(visits);

            double[] expected = [.. blends.Values.OrderDescending().Take(100)];
            int[] named = parts.Candidates.Products[..expected.Length].ToArray();

            Assert.Equal(blends.Count, parts.Candidates.Named);
            Assert.Equal(named.Length, named.Distinct().Count());
            Assert.All(
                named.Select((product, place) => (blends[product], expected[place])),
                pair => Assert.Equal(pair.Item2, pair.Item1, 1e-4)
            );
            Assert.Equal(products >= 250 ? 100 : blends.Count, products >= 250 ? parts.Candidates.Count : named.Length);
        }
    }

    [Fact]
    public void Find_WhenTheSourcesNameFew_AddsFiftyThatArePopularLately()
    {
        SessionLog log = new();
        log.Add([0, 1, 2]);
        for (int product = 3; product < 90; product++)
        {
            log.Add([product]);
        }

        SessionIndex index = new(log, log.Count, 90);
        CandidateGenerator candidates = Generator(index);

        candidates.Find([0]);

        Assert.Equal([0, 1, 2], candidates.Products[..3].ToArray().Order());
        Assert.Equal(Enumerable.Range(40, 50).Reverse(), candidates.Products[3..].ToArray());
        Assert.Equal(3, candidates.Named);
    }

    [Theory]
    [InlineData]
    [InlineData(90)]
    [InlineData(-1, 1_000)]
    public void Find_WhenNothingIsKnown_TakesWhatIsPopularLately(params int[] visits)
    {
        SessionLog log = SomeSessions.Random(seed: 1, sessions: 300, products: 90);
        SessionIndex index = new(log, log.Count, 91);
        CandidateGenerator candidates = Generator(index);

        candidates.Find(visits);

        Assert.Equal(index.ByPopularity.Take(50), candidates.Products.ToArray());
        Assert.Equal(0, candidates.Named);
    }

    private static CandidateGenerator Generator(SessionIndex index) =>
        new(
            index,
            PairTable.Of(index, threads: 1, TestContext.Current.CancellationToken),
            new NeighbourWeights(index, new NeighbourOptions())
        );

    private sealed class Parts
    {
        private readonly SessionIndex _index;
        private readonly PairTable _pairs;
        private readonly NeighbourWeights _weights;

        public Parts(int products, int sessions)
        {
            _index = new SessionIndex(SomeSessions.Random(seed: 7, sessions, products), sessions, products);
            _pairs = PairTable.Of(_index, threads: 1, TestContext.Current.CancellationToken);
            _weights = new NeighbourWeights(_index, new NeighbourOptions());
            Candidates = new CandidateGenerator(_index, _pairs, _weights);
        }

        public CandidateGenerator Candidates { get; }

        public Dictionary<int, double> Blends(int[] visits)
        {
            ScoreTable table = new(_index.Products);
            SessionQuery query = new();
            query.Set(_index, visits);
            new NeighbourSource(_index, _weights).Score(query, table);
            new TransitionSource(_index, _pairs).Score(query, table);
            new TwoStepSource(_pairs).Score(query, table);
            float At(int product, CandidateSignal signal) => table.Row(table.Find(product))[(int)signal];
            int[] products = table.Products.ToArray();
            return products.ToDictionary(
                product => product,
                product =>
                    Blend.Sum(part =>
                        products.Max(other => At(other, part.Signal)) is > 0 and float largest
                            ? part.Weight * At(product, part.Signal) / largest
                            : 0
                    )
            );
        }
    }
}
