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
        Span<Step> path = stackalloc Step[before.Length + 1];
        before.CopyTo(path);
        path[^1] = newest;
        Extend(path);
        int left = _nodes[node].Left;
        if (left == node)
        {
            for (int i = 1; i < path.Length; i++)
            {
                _contributions[path[i].Feature] +=
                    UnwoundWeight(path, i) * (path[i].One - path[i].Zero) * _values[node];
            }

            return;
        }

        int feature = _nodes[node].Feature;
        int hot = left + (_row[feature] > _nodes[node].Threshold ? 1 : 0);
        int cold = hot == left ? left + 1 : left;
        (double zero, double one) = (1, 1);
        int known = PlaceOf(feature, path);
        if (known > 0)
        {
            (zero, one) = (path[known].Zero, path[known].One);
            Unwind(path, known);
            path = path[..^1];
        }

        double rows = _cover[node];
        Walk(hot, path, new Step(feature, zero * _cover[hot] / rows, one, 0));
        Walk(cold, path, new Step(feature, zero * _cover[cold] / rows, 0, 0));
    }

    /// <summary>Takes the newest feature into the weights of the coalitions.</summary>
    private static void Extend(Span<Step> path)
    {
        int depth = path.Length - 1;
        Step newest = path[depth];
        path[depth].Weight = depth == 0 ? 1 : 0;
        for (int i = depth - 1; i >= 0; i--)
        {
            path[i + 1].Weight += newest.One * path[i].Weight * (i + 1) / (depth + 1);
            path[i].Weight = newest.Zero * path[i].Weight * (depth - i) / (depth + 1);
        }
    }

    /// <summary>Takes a feature out of the path again; the last place is free then.</summary>
    private static void Unwind(Span<Step> path, int place)
    {
        int depth = path.Length - 1;
        (_, double zero, double one, _) = path[place];
        double next = path[depth].Weight;
        for (int i = depth - 1; i >= 0; i--)
        {
            double before = path[i].Weight;
            path[i].Weight = Without(zero, one, next, before, i, depth);
            next = before - (path[i].Weight * zero * (depth - i) / (depth + 1));
        }

        for (int i = place; i < depth; i++)
        {
            path[i] = path[i + 1] with { Weight = path[i].Weight };
        }
    }

    /// <summary>The weight of all coalitions without one of the features.</summary>
    private static double UnwoundWeight(ReadOnlySpan<Step> path, int place)
    {
        int depth = path.Length - 1;
        (_, double zero, double one, _) = path[place];
        double next = path[depth].Weight;
        double sum = 0;
        for (int i = depth - 1; i >= 0; i--)
        {
            double weight = Without(zero, one, next, path[i].Weight, i, depth);
            next = path[i].Weight - (weight * zero * (depth - i) / (depth + 1));
            sum += weight;
        }

        return sum;
    }

    private static double Without(double zero, double one, double next, double weight, int place, int depth) =>
        one != 0 ? next * (depth + 1) / ((place + 1) * one) : weight * (depth + 1) / (zero * (depth - place));

    private static int PlaceOf(int feature, ReadOnlySpan<Step> path)
    {
        for (int i = 1; i < path.Length; i++)
        {
            if (path[i].Feature == feature)
            {
                return i;
            }
        }

        return 0;
    }

    /// <summary>A feature on the way from the root.</summary>
    /// <param name="Feature">Its column.</param>
    /// <param name="Zero">Share of the rows that go on this way when the feature is unknown.</param>
    /// <param name="One">1 when the row itself goes on this way, else 0.</param>
    /// <param name="Weight">Weight of the coalitions with as many features as this place is far from the root.</param>
    [StructLayout(LayoutKind.Auto)]
    private record struct Step(int Feature, double Zero, double One, double Weight);
}
