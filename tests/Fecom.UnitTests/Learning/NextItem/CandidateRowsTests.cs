using Fecom.Learning.NextItem;
using Xunit;

namespace Fecom.UnitTests.Learning.NextItem;

public sealed class CandidateRowsTests
{
    private const int Products = 120;
    private const int Sessions = 500;

    private readonly SessionLog _log = SomeSessions.Random(seed: 9, Sessions, Products);
    private readonly SessionIndex _index;
    private readonly CandidateGenerator _candidates;
    private readonly CandidateRows _rows;

    public CandidateRowsTests()
    {
        _index = new SessionIndex(_log, Sessions, Products);
        _candidates = new CandidateGenerator(
            _index,
            PairTable.Of(_index, threads: 1, TestContext.Current.CancellationToken),
            new NeighbourWeights(_index, new NeighbourOptions())
        );
        _rows = new CandidateRows(_index);
    }

    [Fact]
    public void Fill_SaysHowOftenAndWhenEachProductWasVisited()
    {
        Find([1, 2]);
        int[][] sessions = [.. Enumerable.Range(0, Sessions).Select(x => _log[x].ToArray())];
        for (int i = 0; i < _candidates.Count; i++)
        {
            int product = _candidates.Products[i];
            double Sum(Func<int, double> weight) =>
                Enumerable.Range(0, Sessions).Sum(x => weight(x) * sessions[x].Count(item => item == product));
            double Halved(double share) => Sum(x => Math.Pow(2, -(Sessions - x) / (share * Sessions)));
            int newest = Array.FindLastIndex(sessions, session => session.Contains(product));
            int again = sessions.Sum(s => s.Skip(1).Where((item, at) => item == product && s[at] == product).Count());
            int after = sessions.Sum(s => s.Skip(1).Count(item => item == product));

            Assert.Equal(Sum(_ => 1) / Sessions, At(i, CandidateFeature.Popularity), 1e-5);
            Assert.Equal(Halved(0.1) / (Sum(_ => 1) + 0.05), At(i, CandidateFeature.Lately), 1e-4);
            Assert.Equal(Halved(0.02) / (Halved(0.1) + 0.05), At(i, CandidateFeature.VeryLately), 1e-4);
            Assert.Equal((Sessions - 1.0 - newest) / Sessions, At(i, CandidateFeature.Age), 1e-5);
            Assert.Equal(again / Sum(_ => 1), At(i, CandidateFeature.Repeats), 1e-5);
            Assert.Equal(after / Sum(_ => 1), At(i, CandidateFeature.FollowShare), 1e-5);
        }
    }

    [Fact]
    public void Fill_SaysWhereEachProductStandsInTheSession()
    {
        Find([4, 7, 4, 9, 7]);

        Assert.Equal((2, 2, 0), Place(4));
        Assert.Equal((2, 0, 1), Place(7));
        Assert.Equal((1, 1, 3), Place(9));
        Assert.All(
            _candidates.Products.ToArray().Where(product => product is not (4 or 7 or 9)),
            product => Assert.Equal((0, 99, -1), Place(product))
        );
        Assert.Equal(5, At(0, CandidateFeature.SessionLength));
        Assert.Equal(0.6, At(0, CandidateFeature.DistinctShare), 1e-6);
    }

    [Fact]
    public void Fill_OfAnotherSession_KeepsNothingOfTheOneBefore()
    {
        Find([4, 7, 4, 9, 7]);
        Find([3, 5]);
        float[] again = _rows.Columns.ToArray();
        CandidateRows fresh = new(_index);
        fresh.Fill(_candidates);

        for (int feature = 0; feature < CandidateRows.Width; feature++)
        {
            int start = feature * CandidateRows.Stride;
            Assert.Equal(
                fresh.Columns.Slice(start, _candidates.Count).ToArray(),
                again[start..(start + _candidates.Count)]
            );
        }
    }

    [Fact]
    public void Fill_PutsScoresInRelationToTheSession()
    {
        Find([1, 2, 3]);
        float[] neighbours =
        [
            .. _candidates.Table.Products.ToArray().Select(p => _candidates.Table.Row(_candidates.Table.Find(p))[0]),
        ];
        float[] own = [.. Enumerable.Range(0, _candidates.Count).Select(i => At(i, CandidateFeature.Neighbours))];
        for (int i = 0; i < _candidates.Count; i++)
        {
            int better = own.Count(other => other > own[i]);
            int same = own.Count(other => other == own[i]);
            Assert.Equal(own[i] / neighbours.Max(), At(i, CandidateFeature.NeighboursOfBest), 1e-5);
            Assert.Equal(own[i] / neighbours.Sum(), At(i, CandidateFeature.NeighboursShare), 1e-5);
            Assert.Equal(i, At(i, CandidateFeature.BlendRank));
            float rank = At(i, CandidateFeature.NeighboursRank);
            Assert.InRange(rank, own[i] > 0 ? better : 150, own[i] > 0 ? better + same - 1 : 150);
        }
    }

    [Fact]
    public void Fill_OfAnEmptySession_HoldsNumbers()
    {
        Find([]);

        Assert.Equal(50, _candidates.Count);
        Assert.All(_rows.Columns.ToArray(), value => Assert.True(float.IsFinite(value)));
    }

    private void Find(int[] visits)
    {
        _candidates.Find(visits);
        _rows.Fill(_candidates);
    }

    private (float Times, float Back, float First) Place(int product)
    {
        int i = _candidates.Products.IndexOf(product);
        return (At(i, CandidateFeature.Times), At(i, CandidateFeature.StepsBack), At(i, CandidateFeature.FirstStep));
    }

    private float At(int candidate, CandidateFeature feature)
    {
        float[] row = new float[CandidateRows.Width];
        _rows.CopyTo(candidate, row);
        return row[(int)feature];
    }
}
