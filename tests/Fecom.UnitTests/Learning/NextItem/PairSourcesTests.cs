using Fecom.Learning.NextItem;
using Xunit;

namespace Fecom.UnitTests.Learning.NextItem;

/// <summary>Pairs, transitions and two steps against their formulas, taken literally.</summary>
public sealed class PairSourcesTests
{
    private const int Products = 50;
    private const int Sessions = 900;

    private readonly SessionLog _log = Sixteen(SomeSessions.Random(seed: 5, Sessions, Products));
    private readonly double[,] _forward = new double[Products, Products];
    private readonly double[,] _next = new double[Products, Products];
    private readonly double[,] _both = new double[Products, Products];
    private readonly double[] _holders = new double[Products];
    private readonly SessionIndex _index;
    private readonly PairTable _pairs;

    public PairSourcesTests()
    {
        for (int x = 0; x < Sessions; x++)
        {
            int[] visits = _log[x].ToArray();
            HashSet<(int, int)> both = [];
            for (int p = 0; p < visits.Length; p++)
            {
                for (int q = p + 1; q < visits.Length && q - p <= 12; q++)
                {
                    _forward[visits[p], visits[q]] += Math.Pow(2, -(Sessions - x) / (0.25 * Sessions)) / (q - p);
                    _next[visits[p], visits[q]] += q - p == 1 ? Math.Pow(2, -(Sessions - x) / (0.08 * Sessions)) : 0;
                    both.Add((visits[p], visits[q]));
                    both.Add((visits[q], visits[p]));
                }
            }

            foreach ((int a, int b) in both)
            {
                _both[a, b]++;
            }

            foreach (int item in visits.Distinct())
            {
                _holders[item]++;
            }
        }

        _index = new SessionIndex(_log, Sessions, Products);
        _pairs = PairTable.Of(_index, threads: 2, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void PairsOf_HoldsEveryPairWithinTheWindow_TheStrongestFirst()
    {
        for (int product = 0; product < Products; product++)
        {
            PairTable.Pair[] pairs = _pairs.PairsOf(product).ToArray();
            Assert.Equal(
                Enumerable.Range(0, Products).Where(other => _both[product, other] > 0),
                pairs.Select(pair => pair.Product).Order()
            );
            Assert.All(
                pairs,
                pair =>
                {
                    Assert.Equal(_forward[product, pair.Product], pair.Forward, 1e-4);
                    Assert.Equal(_forward[pair.Product, product], pair.Backward, 1e-4);
                    Assert.Equal(_next[product, pair.Product], pair.Next, 1e-4);
                    Assert.Equal(_both[product, pair.Product], pair.Sessions);
                }
            );
            float[] strengths = [.. pairs.Select(pair => pair.Forward + (0.5f * pair.Backward))];
            Assert.Equal(strengths.OrderDescending(), strengths);
            Assert.Equal(pairs.Sum(pair => pair.Forward), _pairs.TotalsOf(product).Forward, 1e-3);
        }
    }

    [Fact]
    public void Score_OfTransitions_EqualsTheFormulas()
    {
        TransitionSource source = new(_index, _pairs);
        ScoreTable table = new(Products);
        foreach (int[] visits in Queries())
        {
            Ask(source.Score, visits, table);
            int[] newestFirst = [.. Enumerable.Reverse(visits).Distinct()];
            for (int product = 0; product < Products; product++)
            {
                double Sum(Func<int, double> ofItem) =>
                    newestFirst.Sum(item => Math.Exp(-Back(visits, item) / 1.5) * ofItem(item));
                double Cosine(int item) => _both[item, product] / Math.Sqrt(_holders[item] * (_holders[product] + 1));
                Assert.Equal(Sum(item => Share(item, product)), At(table, product, CandidateSignal.Forward), 1e-4);
                Assert.Equal(Sum(item => ShareBack(item, product)), At(table, product, CandidateSignal.Backward), 1e-4);
                Assert.Equal(Sum(Cosine), At(table, product, CandidateSignal.CoVisits), 1e-4);
                Assert.Equal(newestFirst.Max(Cosine), At(table, product, CandidateSignal.BestCosine), 1e-4);
                Assert.Equal(Share(visits[^1], product), At(table, product, CandidateSignal.LastForward), 1e-4);
                Assert.Equal(ShareBack(visits[^1], product), At(table, product, CandidateSignal.LastBackward), 1e-4);
                Assert.Equal(Cosine(visits[^1]), At(table, product, CandidateSignal.LastCosine), 1e-4);
                Assert.Equal(
                    _next[visits[^1], product] / Row(_next, visits[^1]).Sum(),
                    At(table, product, CandidateSignal.LastNext),
                    1e-4
                );
                Assert.Equal(
                    newestFirst.Length > 1 ? Share(newestFirst[1], product) : 0,
                    At(table, product, CandidateSignal.SecondForward),
                    1e-4
                );
            }
        }
    }

    [Fact]
    public void Score_OfTwoSteps_EqualsTheFormula()
    {
        TwoStepSource source = new(_pairs);
        ScoreTable table = new(Products);
        double Strength(int from, int to) => _forward[from, to] + (0.5 * _forward[to, from]);
        double[,] chance = new double[Products, Products];
        for (int from = 0; from < Products; from++)
        {
            double whole = Enumerable.Range(0, Products).Sum(to => Strength(from, to));
            for (int to = 0; to < Products; to++)
            {
                chance[from, to] = Strength(from, to) / whole;
            }
        }

        foreach (int[] visits in Queries())
        {
            Ask(source.Score, visits, table);
            int last = visits[^1];
            int[] best = [.. Enumerable.Range(0, Products).OrderByDescending(k => chance[last, k]).Take(30)];
            for (int product = 0; product < Products; product++)
            {
                double expected = best.Sum(k => chance[last, k] * chance[k, product]);
                Assert.Equal(expected, At(table, product, CandidateSignal.TwoSteps), 1e-5);
            }
        }
    }

    /// <summary>Kept or worked out each time, asked for the first time or again: the same products in the same order with the same bits.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(60)]
    [InlineData(1_000_000)]
    public void AddTo_IsTheSameHoweverManyEndsAreKept(int maxEnds)
    {
        TwoStepEnds ends = new(_pairs, Products, maxEnds);
        for (int again = 0; again < 2; again++)
        {
            for (int product = 0; product <= Products; product++)
            {
                ScoreTable expected = new(Products + 1);
                ScoreTable table = new(Products + 1);
                new TwoStepEnds(_pairs, Products, maxEnds: 0).AddTo(product, expected);

                ends.AddTo(product, table);

                Assert.Equal(product < Products, table.Count > 0);
                Assert.Equal(expected.Products.ToArray(), table.Products.ToArray());
                Assert.Equal(expected.Scores.ToArray(), table.Scores.ToArray());
            }
        }
    }

    /// <summary>Sessions twice as long, so that some products lie further apart than the window.</summary>
    private static SessionLog Sixteen(SessionLog log)
    {
        SessionLog doubled = new();
        for (int session = 0; session < log.Count; session++)
        {
            doubled.Add([.. log[session], .. log[(session * 7) % log.Count]]);
        }

        return doubled;
    }

    private static IEnumerable<int[]> Queries()
    {
        Random random = new(6);
        return Enumerable.Range(0, 40).Select(_ => SomeSessions.Query(random, Products - 1));
    }

    private void Ask(Action<SessionQuery, ScoreTable> score, int[] visits, ScoreTable table)
    {
        SessionQuery query = new();
        query.Set(_index, visits);
        table.Clear();
        score(query, table);
    }

    private static int Back(int[] visits, int item) => visits.Length - 1 - Array.LastIndexOf(visits, item);

    private static IEnumerable<double> Row(double[,] of, int item) =>
        Enumerable.Range(0, Products).Select(j => of[item, j]);

    private double Share(int item, int product) => _forward[item, product] / Row(_forward, item).Sum();

    private double ShareBack(int item, int product) =>
        _forward[product, item] / Enumerable.Range(0, Products).Sum(j => _forward[j, item]);

    private static double At(ScoreTable table, int product, CandidateSignal signal) =>
        table.Find(product) < 0 ? 0 : table.Row(table.Find(product))[(int)signal];
}
