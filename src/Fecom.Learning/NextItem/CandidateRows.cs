using Fecom.Contracts;
using Fecom.Learning.Boosting;

namespace Fecom.Learning.NextItem;

/// <summary>Features of one session's candidates, a column after the other, so that several candidates are read at once. For one thread.</summary>
internal sealed class CandidateRows(SessionIndex index)
{
    private SessionIndex _index = index;

    /// <summary>How many features there are where nothing is known of a visitor's earlier visits; what is known of them comes last.</summary>
    public const int AnonymousWidth = (int)CandidateFeature.Named + 1;

    /// <summary>How many features there are.</summary>
    public const int Width = (int)CandidateFeature.PastShare + 1;

    /// <summary>Places of a column: the most candidates, and a multiple of those scored in step.</summary>
    public const int Stride =
        (CandidateGenerator.Max + ColumnScorer.Lanes - 1) / ColumnScorer.Lanes * ColumnScorer.Lanes;

    /// <summary>Steps back of a product that is not in the session.</summary>
    private const float Absent = 99;

    private static readonly (CandidateFeature Feature, CandidateSignal Signal)[] Plain =
    [
        (CandidateFeature.Neighbours, CandidateSignal.Neighbours),
        (CandidateFeature.NeighbourCount, CandidateSignal.NeighbourCount),
        (CandidateFeature.TwoSteps, CandidateSignal.TwoSteps),
        (CandidateFeature.Blend, CandidateSignal.Blend),
        (CandidateFeature.LastForward, CandidateSignal.LastForward),
        (CandidateFeature.LastNext, CandidateSignal.LastNext),
        (CandidateFeature.LastCosine, CandidateSignal.LastCosine),
        (CandidateFeature.LastBackward, CandidateSignal.LastBackward),
        (CandidateFeature.SecondForward, CandidateSignal.SecondForward),
        (CandidateFeature.BestCosine, CandidateSignal.BestCosine),
    ];

    private static readonly (CandidateFeature Feature, CandidateSignal Signal)[] OfBest =
    [
        (CandidateFeature.NeighboursOfBest, CandidateSignal.Neighbours),
        (CandidateFeature.NearestOfBest, CandidateSignal.Nearest),
        (CandidateFeature.PlainOfBest, CandidateSignal.PlainNeighbours),
        (CandidateFeature.SuffixOfBest, CandidateSignal.Suffix),
        (CandidateFeature.ForwardOfBest, CandidateSignal.Forward),
        (CandidateFeature.BackwardOfBest, CandidateSignal.Backward),
        (CandidateFeature.CoVisitsOfBest, CandidateSignal.CoVisits),
        (CandidateFeature.TwoStepsOfBest, CandidateSignal.TwoSteps),
    ];

    private static readonly (CandidateFeature Feature, CandidateSignal Signal)[] Shares =
    [
        (CandidateFeature.NeighboursShare, CandidateSignal.Neighbours),
        (CandidateFeature.ForwardShare, CandidateSignal.Forward),
        (CandidateFeature.TwoStepsShare, CandidateSignal.TwoSteps),
    ];

    private static readonly (CandidateFeature Feature, CandidateSignal Signal)[] Ranks =
    [
        (CandidateFeature.NeighboursRank, CandidateSignal.Neighbours),
        (CandidateFeature.ForwardRank, CandidateSignal.Forward),
        (CandidateFeature.TwoStepsRank, CandidateSignal.TwoSteps),
        (CandidateFeature.NextRank, CandidateSignal.LastNext),
    ];

    private readonly float[] _columns = new float[Width * Stride];
    private readonly float[] _ranked = new float[Stride];
    private readonly int[] _order = new int[Stride];

    /// <summary>All columns, <see cref="Stride"/> places each.</summary>
    public ReadOnlySpan<float> Columns => _columns;

    /// <summary>Goes on with another index.</summary>
    public void Move(SessionIndex to) => _index = to;

    /// <summary>Describes the candidates that were found.</summary>
    public void Fill(CandidateGenerator candidates)
    {
        FillScores(candidates);
        FillRanks(candidates);
        FillProducts(candidates);
        FillPlaces(candidates);
        FillSession(candidates);
        FillPast(candidates);
    }

    /// <summary>Copies one candidate's features, as many as there is place for.</summary>
    public void CopyTo(int candidate, Span<float> row)
    {
        for (int feature = 0; feature < row.Length; feature++)
        {
            row[feature] = _columns[(feature * Stride) + candidate];
        }
    }

    private Span<float> Column(CandidateFeature feature) => _columns.AsSpan((int)feature * Stride, Stride);

    private void FillScores(CandidateGenerator candidates)
    {
        foreach ((CandidateFeature feature, CandidateSignal signal) in Plain)
        {
            Copy(candidates, Column(feature), signal, 1);
        }

        foreach ((CandidateFeature feature, CandidateSignal signal) in OfBest)
        {
            Copy(candidates, Column(feature), signal, Inverse(candidates.Largest[(int)signal]));
        }

        foreach ((CandidateFeature feature, CandidateSignal signal) in Shares)
        {
            Copy(candidates, Column(feature), signal, Inverse(candidates.Sums[(int)signal]));
        }

        Span<float> mean = Column(CandidateFeature.MeanSimilarity);
        for (int i = 0; i < candidates.Count; i++)
        {
            ReadOnlySpan<float> row = candidates.Table.Row(candidates.Rows[i]);
            mean[i] = row[(int)CandidateSignal.Neighbours] / Math.Max(1, row[(int)CandidateSignal.NeighbourCount]);
        }
    }

    private void FillRanks(CandidateGenerator candidates)
    {
        foreach ((CandidateFeature feature, CandidateSignal signal) in Ranks)
        {
            Copy(candidates, _ranked, signal, -1);
            for (int i = 0; i < candidates.Count; i++)
            {
                _order[i] = i;
            }

            Array.Sort(_ranked, _order, 0, candidates.Count);
            Span<float> ranks = Column(feature);
            for (int rank = 0; rank < candidates.Count; rank++)
            {
                ranks[_order[rank]] = _ranked[rank] < 0 ? rank : CandidateGenerator.Max;
            }
        }

        Span<float> byBlend = Column(CandidateFeature.BlendRank);
        for (int i = 0; i < candidates.Count; i++)
        {
            byBlend[i] = i;
        }
    }

    private void FillProducts(CandidateGenerator candidates)
    {
        float sessions = _index.Sessions;
        for (int i = 0; i < candidates.Count; i++)
        {
            int product = candidates.Products[i];
            Column(CandidateFeature.Popularity)[i] = _index.Popularity[product] / sessions;
            Column(CandidateFeature.Lately)[i] = _index.Lately[product] / (_index.Popularity[product] + 0.05f);
            Column(CandidateFeature.VeryLately)[i] = _index.VeryLately[product] / (_index.Lately[product] + 0.05f);
            Column(CandidateFeature.Age)[i] = Age(product);
            Column(CandidateFeature.Repeats)[i] = _index.Repeats[product];
            Column(CandidateFeature.FollowShare)[i] = _index.FollowShare[product];
        }
    }

    private void FillPlaces(CandidateGenerator candidates)
    {
        Column(CandidateFeature.Times).Clear();
        Column(CandidateFeature.StepsBack).Fill(Absent);
        Column(CandidateFeature.FirstStep).Fill(-1);
        SessionQuery query = candidates.Query;
        for (int place = 0; place < query.Count; place++)
        {
            int i = candidates.Products.IndexOf(query.Products[place]);
            if (i >= 0)
            {
                Column(CandidateFeature.Times)[i] = query.Times[place];
                Column(CandidateFeature.StepsBack)[i] = query.StepsBack[place];
                Column(CandidateFeature.FirstStep)[i] = query.First[place];
            }
        }
    }

    private void FillSession(CandidateGenerator candidates)
    {
        SessionQuery query = candidates.Query;
        int length = query.Visits.Length;
        Column(CandidateFeature.SessionLength).Fill(length);
        Column(CandidateFeature.DistinctShare).Fill((float)query.Count / Math.Max(1, length));
        Column(CandidateFeature.LastPopularity).Fill(length == 0 ? 0 : _index.Popularity[query.Last] / _index.Sessions);
        Column(CandidateFeature.LastRepeats).Fill(length == 0 ? 0 : _index.Repeats[query.Last]);
        Column(CandidateFeature.LastAge).Fill(length == 0 ? 1 : Age(query.Last));
        Column(CandidateFeature.BestNeighbours).Fill(candidates.Largest[(int)CandidateSignal.Neighbours]);
        Column(CandidateFeature.BestSuffix).Fill(candidates.Largest[(int)CandidateSignal.Suffix]);
        Column(CandidateFeature.Named).Fill(candidates.Named);
    }

    /// <summary>What the visitor dealt with on earlier visits.</summary>
    private void FillPast(CandidateGenerator candidates)
    {
        Column(CandidateFeature.PastStepsBack).Fill(Absent);
        Column(CandidateFeature.PastVisits).Clear();
        Column(CandidateFeature.PastAction).Clear();
        SessionQuery query = candidates.Query;
        int again = 0;
        for (int place = 0; place < query.PastCount; place++)
        {
            PastVisit past = query.Past[place];
            again += query.Products.Contains(past.Product) ? 1 : 0;
            int i = candidates.Products.IndexOf(past.Product);
            if (i >= 0)
            {
                Column(CandidateFeature.PastStepsBack)[i] = place;
                Column(CandidateFeature.PastVisits)[i] = past.Visits;
                Column(CandidateFeature.PastAction)[i] = ActionOf(past.Type);
            }
        }

        Column(CandidateFeature.PastCount).Fill(query.PastCount);
        Column(CandidateFeature.PastShare).Fill((float)again / Math.Max(1, query.Count));
        Column(CandidateFeature.PastCosine).Clear();
        if (query.PastCount > 0)
        {
            candidates.AddPastCosines(Column(CandidateFeature.PastCosine));
        }
    }

    /// <summary>What was done, the closer to buying the more; 0 is for a product that the visitor did not deal with.</summary>
    private static float ActionOf(BehaviorEventType type) =>
        type switch
        {
            BehaviorEventType.View => 1,
            BehaviorEventType.RemoveFromCart => 2,
            BehaviorEventType.Cart => 3,
            _ => 4,
        };

    private float Age(int product) => (_index.Sessions - 1f - _index.LastSession[product]) / _index.Sessions;

    private static void Copy(CandidateGenerator candidates, Span<float> to, CandidateSignal signal, float factor)
    {
        ReadOnlySpan<int> rows = candidates.Rows;
        for (int i = 0; i < rows.Length; i++)
        {
            to[i] = candidates.Table.Row(rows[i])[(int)signal] * factor;
        }
    }

    private static float Inverse(float sum) => sum > 0 ? 1 / sum : 0;
}
