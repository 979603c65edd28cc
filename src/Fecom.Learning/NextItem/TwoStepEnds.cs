using System.Runtime.InteropServices;

namespace Fecom.Learning.NextItem;

/// <summary>
/// What is two transitions away from a product, worked out when it is asked for first: some thousands of transitions, the same ones for every
/// session that ends with the product. Answers from any number of threads at once.
/// </summary>
/// <remarks>Memory: 12 bytes a product of the shop and 8 an end. Products that are asked for first once <paramref name="maxEnds"/> are kept are worked out each time.</remarks>
/// <param name="pairs">The transitions.</param>
/// <param name="products">Products of the transitions.</param>
/// <param name="maxEnds">Ends that are kept of all products.</param>
internal sealed class TwoStepEnds(PairTable pairs, int products, int maxEnds)
{
    /// <summary>First steps that are taken.</summary>
    private const int MaxFirst = 30;

    /// <summary>Second steps from each.</summary>
    private const int MaxSecond = 200;

    private readonly End[]?[] _ends = new End[products][];
    private readonly ScoreTable _scratch = new(products);
    private readonly Lock _turn = new();
    private int _kept;

    /// <summary>Adds the chance of each end to a table.</summary>
    /// <param name="product">Where the steps begin.</param>
    /// <param name="table">Takes <see cref="CandidateSignal.TwoSteps"/>.</param>
    public void AddTo(int product, ScoreTable table)
    {
        if (product >= products)
        {
            return;
        }

        if ((Volatile.Read(ref _ends[product]) ?? Remember(product)) is { } ends)
        {
            foreach (ref readonly End end in ends.AsSpan())
            {
                table.Score(end.Product, CandidateSignal.TwoSteps) += end.Chance;
            }
        }
        else
        {
            Walk(product, table);
        }
    }

    /// <returns>The ends in the order in which the steps come to them; null when no more are kept.</returns>
    private End[]? Remember(int product)
    {
        if (Volatile.Read(ref _kept) >= maxEnds)
        {
            return null;
        }

        lock (_turn)
        {
            if (_ends[product] is { } meanwhile)
            {
                return meanwhile;
            }

            _scratch.Clear();
            Walk(product, _scratch);
            End[] ends = new End[_scratch.Count];
            for (int row = 0; row < ends.Length; row++)
            {
                ends[row] = new End(_scratch.Products[row], _scratch.Row(row)[(int)CandidateSignal.TwoSteps]);
            }

            _kept += ends.Length;
            Volatile.Write(ref _ends[product], ends);
            return ends;
        }
    }

    private void Walk(int product, ScoreTable table)
    {
        ReadOnlySpan<PairTable.Pair> first = pairs.PairsOf(product);
        float whole = Whole(product);
        foreach (ref readonly PairTable.Pair step in first[..Math.Min(first.Length, MaxFirst)])
        {
            float share = Strength(step) / (whole * Whole(step.Product));
            ReadOnlySpan<PairTable.Pair> second = pairs.PairsOf(step.Product);
            foreach (ref readonly PairTable.Pair end in second[..Math.Min(second.Length, MaxSecond)])
            {
                table.Score(end.Product, CandidateSignal.TwoSteps) += share * Strength(end);
            }
        }
    }

    private static float Strength(in PairTable.Pair pair) => pair.Forward + (0.5f * pair.Backward);

    private float Whole(int product)
    {
        PairTable.Totals totals = pairs.TotalsOf(product);
        return totals.Forward + (0.5f * totals.Backward);
    }

    /// <summary>A product and its chance.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct End(int Product, float Chance);
}
