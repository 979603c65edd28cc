using Fecom.Learning.NextItem;
using Xunit;

namespace Fecom.UnitTests.Learning.NextItem;

/// <summary>The neighbours' signals against their formulas, taken literally.</summary>
public sealed class NeighbourSourceTests
{
    private const int Products = 30;
    private const int Sessions = 400;

    public static TheoryData<NeighbourOptions> Options =>
        [
            new NeighbourOptions(),
            new NeighbourOptions { Neighbours = 37 },
            new NeighbourOptions { SessionsPerProduct = 20 },
            new NeighbourOptions
            {
                QueryDecay = 0.7,
                RarityPower = 3,
                LengthPower = 0.5,
                Recency = 4,
                ForwardDecay = 0.8,
                BackwardDecay = 4,
                BackwardWeight = 0.2,
                SameWeight = 0.02,
                CandidateRarityPower = 1,
                Neighbours = 200,
            },
        ];

    [Theory]
    [MemberData(nameof(Options))]
    public void Score_EqualsTheFormulas(NeighbourOptions options)
    {
        SessionLog log = SomeSessions.Random(seed: 3, Sessions + 50, Products);
        SessionIndex index = new(log, Sessions, Products + 1);
        NeighbourSource source = new(index, new NeighbourWeights(index, options));
        ScoreTable table = new(Products + 1);
        SessionQuery query = new();
        Random random = new(4);
        for (int i = 0; i < 60; i++)
        {
            int[] visits = SomeSessions.Query(random, Products);
            int[] known = [.. visits.Where(index.Knows)];
            if (known.Length == 0)
            {
                continue;
            }

            table.Clear();
            query.Set(index, visits);
            source.Score(query, table);

            Expected expected = new(log, options, known);
            for (int product = 0; product <= Products; product++)
            {
                Assert.Equal(expected.Neighbours[product], At(table, product, CandidateSignal.Neighbours), Close);
                Assert.Equal(expected.Nearest[product], At(table, product, CandidateSignal.Nearest), Close);
                Assert.Equal(expected.Plain[product], At(table, product, CandidateSignal.PlainNeighbours), Close);
                Assert.Equal(expected.Holders[product], At(table, product, CandidateSignal.NeighbourCount), Close);
                Assert.Equal(expected.Suffix[product], At(table, product, CandidateSignal.Suffix), Close);
            }
        }
    }

    [Fact]
    public void Score_WhenAProductLiesTooFarBackToWeighAnything_CountsItsSessionsOnce()
    {
        SessionLog log = new();
        log.Add([0, 1, 2]);
        log.Add([3]);
        SessionIndex index = new(log, 2, 4);
        NeighbourSource source = new(index, new NeighbourWeights(index, new NeighbourOptions { QueryDecay = 0.25 }));
        ScoreTable table = new(4);
        SessionQuery query = new();
        query.Set(index, [0, 1, .. Enumerable.Repeat(3, 60)]);

        source.Score(query, table);

        Assert.InRange(At(table, 2, CandidateSignal.NeighbourCount), 0, 1);
    }

    private static bool Close(double expected, double actual) =>
        Math.Abs(expected - actual) <= 1e-4 * (1e-9 + expected);

    private static double At(ScoreTable table, int product, CandidateSignal signal) =>
        table.Find(product) < 0 ? 0 : table.Row(table.Find(product))[(int)signal];

    private sealed class Expected
    {
        public Expected(SessionLog log, NeighbourOptions options, int[] query)
        {
            int[][] sessions = [.. Enumerable.Range(0, Sessions).Select(x => log[x].ToArray())];
            double Idf(int item) =>
                Math.Log((Sessions + 1.0) / Math.Max(1, sessions.Count(session => session.Contains(item))));
            double Recent(int x) => Math.Exp(-options.Recency * (Sessions - x) / Sessions);
            int Back(int item) => query.Length - 1 - Array.LastIndexOf(query, item);
            int[] newestFirst = [.. query.Distinct().OrderBy(Back)];
            Dictionary<int, HashSet<int>> asked = newestFirst.ToDictionary(
                item => item,
                item =>
                    Enumerable
                        .Range(0, Sessions)
                        .Where(x => sessions[x].Contains(item))
                        .TakeLast(options.SessionsPerProduct)
                        .ToHashSet()
            );
            var neighbours = Enumerable
                .Range(0, Sessions)
                .Select(x => (X: x, Common: newestFirst.Where(item => asked[item].Contains(x)).ToArray()))
                .Where(found => found.Common.Length > 0)
                .Select(found =>
                {
                    double plain = found.Common.Sum(item =>
                        Math.Exp(-Back(item) / options.QueryDecay) * Math.Pow(Idf(item), options.RarityPower)
                    );
                    double length = Math.Pow(sessions[found.X].Length, options.LengthPower);
                    return (found.X, Newest: found.Common[0], Plain: plain, Sim: plain * Recent(found.X) / length);
                })
                .OrderByDescending(found => found.Sim)
                .Take(options.Neighbours)
                .ToArray();
            for (int place = 0; place < neighbours.Length; place++)
            {
                (int x, int newest, double plain, double sim) = neighbours[place];
                int[] visits = sessions[x];
                int anchor = Array.LastIndexOf(visits, newest);
                for (int at = 0; at < visits.Length; at++)
                {
                    int steps = at - anchor;
                    double weight =
                        steps > 0 ? Math.Exp(-(steps - 1) / options.ForwardDecay)
                        : steps < 0 ? options.BackwardWeight * Math.Exp(-(-steps - 1) / options.BackwardDecay)
                        : options.SameWeight;
                    double score = sim * weight * Math.Pow(Idf(visits[at]), options.CandidateRarityPower);
                    Neighbours[visits[at]] += score;
                    Nearest[visits[at]] += place < 100 ? score : 0;
                    if (at > 0 && visits[at - 1] == query[^1])
                    {
                        int match = 1;
                        while (
                            match < 4
                            && match < query.Length
                            && match < at
                            && visits[at - 1 - match] == query[^(match + 1)]
                        )
                        {
                            match++;
                        }

                        Suffix[visits[at]] += Math.Pow(4, match - 1) * Recent(x);
                    }
                }

                foreach (int item in visits.Distinct())
                {
                    Plain[item] += plain * Math.Max(0.1, 1 - (0.1 * Back(newest)));
                    Holders[item]++;
                }
            }
        }

        public double[] Neighbours { get; } = new double[Products + 1];

        public double[] Nearest { get; } = new double[Products + 1];

        public double[] Plain { get; } = new double[Products + 1];

        public double[] Holders { get; } = new double[Products + 1];

        public double[] Suffix { get; } = new double[Products + 1];
    }
}
