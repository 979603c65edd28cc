using System.Runtime.InteropServices;

namespace Fecom.Learning.Boosting;

/// <summary>SHAP values of one row in a tree, in polynomial time (Lundberg, Erion and Lee, 2018, algorithm 2).</summary>
/// <remarks>
/// A feature outside a coalition is unknown: the walk then goes both ways, weighed by the training rows that went there. Along a
/// path the weights of all coalitions of its features are kept by their size.
/// </remarks>
/// <param name="nodes">All trees' nodes.</param>
/// <param name="values">What each leaf adds.</param>
/// <param name="cover">Training rows that passed each node.</param>
/// <param name="row">The row.</param>
/// <param name="contributions">Is added to, a place a feature.</param>
internal readonly ref struct TreeShap(
    ReadOnlySpan<TreeEnsemble.Node> nodes,
    ReadOnlySpan<double> values,
    ReadOnlySpan<int> cover,
    ReadOnlySpan<float> row,
    Span<double> contributions
)
{
    private readonly ReadOnlySpan<TreeEnsemble.Node> _nodes = nodes;
    private readonly ReadOnlySpan<double> _values = values;
    private readonly ReadOnlySpan<int> _cover = cover;
    private readonly ReadOnlySpan<float> _row = row;
    private readonly Span<double> _contributions = contributions;

    /// <summary>Adds a tree's share to the contributions.</summary>
    public void Add(int root) => Walk(root, [], new Step(-1, 1, 1, 0));

    /// <param name="node">Where the walk is.</param>
    /// <param name="before">The features on the way here, without the newest.</param>
    /// <param name="newest">The feature that was split on last.</param>
    private void Walk(int node, ReadOnlySpan<Step> before, Step newest)
    {
        Step[] path = Extend(before, newest);
        int left = _nodes[node].Left;
        if (left == node)
        {
            for (int i = 1; i < path.Length; i++)
            {
                _contributions[path[i].Feature] += UnwoundWeight(path, i) * (path[i].One - path[i].Zero) * _values[node];
            }

            return;
        }

        int feature = _nodes[node].Feature;
        int hot = left + (_row[feature] > _nodes[node].Threshold ? 1 : 0);
        int cold = hot == left ? left + 1 : left;
        (double zero, double one) = (1, 1);
        int known = Array.FindIndex(path, 1, step => step.Feature == feature);
        if (known > 0)
        {
            (zero, one) = (path[known].Zero, path[known].One);
            path = Unwind(path, known);
        }

        double rows = _cover[node];
        Walk(hot, path, new Step(feature, zero * _cover[hot] / rows, one, 0));
        Walk(cold, path, new Step(feature, zero * _cover[cold] / rows, 0, 0));
    }

    private static Step[] Extend(ReadOnlySpan<Step> before, Step newest)
    {
        int depth = before.Length;
        Step[] path = [.. before, newest with { Weight = depth == 0 ? 1 : 0 }];
        for (int i = depth - 1; i >= 0; i--)
        {
            path[i + 1].Weight += newest.One * path[i].Weight * (i + 1) / (depth + 1);
            path[i].Weight = newest.Zero * path[i].Weight * (depth - i) / (depth + 1);
        }

        return path;
    }

    /// <summary>The path as it would be without one of its features.</summary>
    private static Step[] Unwind(Step[] path, int place)
    {
        int depth = path.Length - 1;
        (double zero, double one) = (path[place].Zero, path[place].One);
        Step[] shorter = path[..depth];
        double next = path[depth].Weight;
        for (int i = depth - 1; i >= 0; i--)
        {
            if (one != 0)
            {
                shorter[i].Weight = next * (depth + 1) / ((i + 1) * one);
                next = path[i].Weight - (shorter[i].Weight * zero * (depth - i) / (depth + 1));
            }
            else
            {
                shorter[i].Weight = path[i].Weight * (depth + 1) / (zero * (depth - i));
            }
        }

        for (int i = place; i < depth; i++)
        {
            shorter[i] = path[i + 1] with { Weight = shorter[i].Weight };
        }

        return shorter;
    }

    private static double UnwoundWeight(Step[] path, int place)
    {
        double sum = 0;
        foreach (Step step in Unwind(path, place))
        {
            sum += step.Weight;
        }

        return sum;
    }

    /// <summary>A feature on the way from the root.</summary>
    /// <param name="Feature">Its column.</param>
    /// <param name="Zero">Share of the rows that go on this way when the feature is unknown.</param>
    /// <param name="One">1 when the row itself goes on this way, else 0.</param>
    /// <param name="Weight">Weight of the coalitions with as many features as this place is far from the root.</param>
    [StructLayout(LayoutKind.Auto)]
    private record struct Step(int Feature, double Zero, double One, double Weight);
}
