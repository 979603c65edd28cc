namespace Fecom.Learning.NextItem;

/// <summary>Names what stands after, before and beside the session's products in other sessions.</summary>
internal sealed class TransitionSource(SessionIndex index, PairTable pairs)
{
    private SessionIndex _index = index;
    private PairTable _pairs = pairs;

    /// <summary>Steps back after which a product of the session weighs 1/e.</summary>
    private const float Decay = 1.5f;

    /// <summary>Steps back from which on a product says nothing any more: below a hundredth.</summary>
    private const int MaxStepsBack = 7;

    /// <summary>Goes on with other tables.</summary>
    public void Move(SessionIndex to, PairTable by) => (_index, _pairs) = (to, by);

    /// <summary>Adds the source's signals to a table.</summary>
    public void Score(SessionQuery query, ScoreTable table)
    {
        for (int i = 0; i < query.Count && query.StepsBack[i] < MaxStepsBack; i++)
        {
            AddAll(query.Products[i], i, MathF.Exp(-query.StepsBack[i] / Decay), table);
        }
    }

    private void AddAll(int product, int place, float weight, ScoreTable table)
    {
        (float forward, float backward, float next) = _pairs.TotalsOf(product);
        (float byForward, float byBackward, float byNext) = (Inverse(forward), Inverse(backward), Inverse(next));
        float own = _index.CountOf(product);
        foreach (ref readonly PairTable.Pair pair in _pairs.PairsOf(product))
        {
            Span<float> row = table.Row(table.RowOf(pair.Product));
            float cosine = pair.Sessions / MathF.Sqrt(own * (_index.CountOf(pair.Product) + 1));
            row[(int)CandidateSignal.Forward] += weight * pair.Forward * byForward;
            row[(int)CandidateSignal.Backward] += weight * pair.Backward * byBackward;
            row[(int)CandidateSignal.CoVisits] += weight * cosine;
            row[(int)CandidateSignal.BestCosine] = Math.Max(row[(int)CandidateSignal.BestCosine], cosine);
            if (place == 0)
            {
                row[(int)CandidateSignal.LastForward] = pair.Forward * byForward;
                row[(int)CandidateSignal.LastBackward] = pair.Backward * byBackward;
                row[(int)CandidateSignal.LastNext] = pair.Next * byNext;
                row[(int)CandidateSignal.LastCosine] = cosine;
            }
            else if (place == 1)
            {
                row[(int)CandidateSignal.SecondForward] = pair.Forward * byForward;
            }
        }
    }

    private static float Inverse(float sum) => sum > 0 ? 1 / sum : 0;
}
