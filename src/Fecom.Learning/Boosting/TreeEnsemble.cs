using System.Runtime.InteropServices;
using Microsoft.ML.Calibrators;
using Microsoft.ML.Trainers.FastTree;
using Microsoft.ML.Trainers.LightGbm;

namespace Fecom.Learning.Boosting;

/// <summary>The trees of a trained LightGBM model in flat arrays, walked from any number of threads at once.</summary>
/// <remarks>
/// ML.NET's own <c>PredictionEngine</c> serves one thread only and costs several microseconds a row. Nodes lie level by level, a
/// node's two children side by side, and a leaf points at itself: every row takes as many steps in a tree as its deepest leaf
/// needs, without a branch that the processor could guess wrongly. Sums are taken in the order of the trees, as ML.NET does.
/// Rows hold no NaN: callers give missing values a number.
/// </remarks>
internal sealed class TreeEnsemble
{
    private readonly Node[] _nodes;
    private readonly double[] _values;
    private readonly int[] _roots;
    private readonly int[] _depths;
    private readonly double _scale;

    private TreeEnsemble(Node[] nodes, double[] values, int[] roots, int[] depths, double scale, int[] cover)
    {
        _nodes = nodes;
        _values = values;
        _roots = roots;
        _depths = depths;
        _scale = scale;
        Cover = cover;
    }

    /// <summary>How many trees there are.</summary>
    public int Count => _roots.Length;

    /// <summary>Training rows that passed each node; what contributions are weighed by.</summary>
    public int[] Cover { get; }

    /// <summary>The trees of a model and the slope that turns their sum into log odds.</summary>
    /// <exception cref="InvalidDataException">A tree splits by categories, or the calibrator has an offset.</exception>
    public static TreeEnsemble Of(CalibratedModelParametersBase<LightGbmBinaryModelParameters, PlattCalibrator> model)
    {
        RegressionTreeEnsemble trees = model.SubModel.TrainedTreeEnsemble;
        if (model.Calibrator.Offset != 0 || trees.Bias != 0)
        {
            throw new InvalidDataException("The trees' sum is shifted: these are not trees of ML.NET's LightGBM trainer.");
        }

        List<Node> nodes = [];
        List<double> values = [];
        int[] roots = new int[trees.Trees.Count];
        int[] depths = new int[roots.Length];
        for (int i = 0; i < roots.Length; i++)
        {
            roots[i] = nodes.Count;
            depths[i] = Flatten(trees.Trees[i], trees.TreeWeights[i], nodes, values);
        }

        return new TreeEnsemble([.. nodes], [.. values], roots, depths, -model.Calibrator.Slope, new int[nodes.Count]);
    }

    /// <summary>The same trees with the rows that passed each node, at least one.</summary>
    /// <exception cref="InvalidDataException">There are more or fewer nodes.</exception>
    public TreeEnsemble WithCover(int[] cover) =>
        cover.Length == _nodes.Length
            ? new TreeEnsemble(_nodes, _values, _roots, _depths, _scale, cover)
            : throw new InvalidDataException($"The trees have {_nodes.Length} nodes, not {cover.Length}.");

    /// <summary>Log odds of one row.</summary>
    public double LogOdds(ReadOnlySpan<float> row)
    {
        double sum = 0;
        for (int tree = 0; tree < _roots.Length; tree++)
        {
            sum += _values[Leaf(tree, row)];
        }

        return sum * _scale;
    }

    /// <summary>Log odds of many rows: tree by tree, so that a tree stays in the cache for all of them.</summary>
    /// <param name="rows">Row-major numbers.</param>
    /// <param name="columns">Numbers a row.</param>
    /// <param name="logOdds">Takes one number a row.</param>
    public void LogOdds(ReadOnlySpan<float> rows, int columns, Span<double> logOdds)
    {
        logOdds.Clear();
        for (int tree = 0; tree < _roots.Length; tree++)
        {
            for (int row = 0; row < logOdds.Length; row++)
            {
                logOdds[row] += _values[Leaf(tree, rows.Slice(row * columns, columns))];
            }
        }

        for (int row = 0; row < logOdds.Length; row++)
        {
            logOdds[row] *= _scale;
        }
    }

    /// <summary>What each feature adds to a row's log odds: exact SHAP values by the trees' cover (Lundberg, Erion and Lee, 2018).</summary>
    /// <param name="row">The features of one row.</param>
    /// <param name="contributions">Takes a value a feature and, last, what the model says before any feature speaks: together the log odds.</param>
    public void Contributions(ReadOnlySpan<float> row, Span<double> contributions)
    {
        contributions.Clear();
        foreach (int root in _roots)
        {
            contributions[^1] += Expected(root, row, []);
            new TreeShap(_nodes, _values, Cover, row, contributions).Add(root);
        }

        foreach (ref double contribution in contributions)
        {
            contribution *= _scale;
        }
    }

    /// <summary>How many of a matrix's rows pass each node, by at most so many rows, evenly spread; at least one a node.</summary>
    public int[] CountRows(FeatureMatrix matrix, int most)
    {
        int[] counts = new int[_nodes.Length];
        double step = Math.Max(1, (double)matrix.Rows / most);
        for (double row = 0; row < matrix.Rows; row += step)
        {
            for (int tree = 0; tree < _roots.Length; tree++)
            {
                counts[Leaf(tree, matrix.Row((int)row))]++;
            }
        }

        // Children lie behind their parents.
        for (int node = _nodes.Length - 1; node >= 0; node--)
        {
            int left = _nodes[node].Left;
            counts[node] = left == node ? Math.Max(counts[node], 1) : counts[left] + counts[left + 1];
        }

        return counts;
    }

    private int Leaf(int tree, ReadOnlySpan<float> row)
    {
        ReadOnlySpan<Node> nodes = _nodes;
        int at = _roots[tree];
        for (int step = _depths[tree]; step > 0; step--)
        {
            ref readonly Node node = ref nodes[at];
            at = node.Left + (row[node.Feature] > node.Threshold ? 1 : 0);
        }

        return at;
    }

    /// <summary>Log odds of a row of which some features are known: where an unknown one decides, the mean of both ways by their cover.</summary>
    /// <param name="row">The features of one row.</param>
    /// <param name="known">Whether each is known.</param>
    internal double ExpectedLogOdds(ReadOnlySpan<float> row, ReadOnlySpan<bool> known)
    {
        double sum = 0;
        foreach (int root in _roots)
        {
            sum += Expected(root, row, known);
        }

        return sum * _scale;
    }

    /// <param name="node">Where the walk is.</param>
    /// <param name="row">The features of one row.</param>
    /// <param name="known">Whether each is known; empty when none is.</param>
    private double Expected(int node, ReadOnlySpan<float> row, ReadOnlySpan<bool> known)
    {
        (float threshold, int feature, int left) = _nodes[node];
        if (left == node)
        {
            return _values[node];
        }

        if (!known.IsEmpty && known[feature])
        {
            return Expected(left + (row[feature] > threshold ? 1 : 0), row, known);
        }

        return ((Expected(left, row, known) * Cover[left]) + (Expected(left + 1, row, known) * Cover[left + 1])) / Cover[node];
    }

    /// <summary>Appends a tree; returns the steps to its deepest leaf.</summary>
    private static int Flatten(RegressionTree tree, double weight, List<Node> nodes, List<double> values)
    {
        if (tree.CategoricalSplitFlags.Contains(value: true))
        {
            throw new InvalidDataException("A tree splits by categories; ours are numbers.");
        }

        // ML.NET numbers inner nodes from 0 and leaves by their complement; a tree that never split is one leaf.
        Queue<(int Source, int Depth)> waiting = new([(tree.NumberOfNodes == 0 ? ~0 : 0, 0)]);
        int next = nodes.Count + 1;
        int deepest = 0;
        while (waiting.TryDequeue(out (int Source, int Depth) place))
        {
            deepest = Math.Max(deepest, place.Depth);
            if (place.Source < 0)
            {
                nodes.Add(new Node(float.PositiveInfinity, 0, nodes.Count));
                values.Add(weight * tree.LeafValues[~place.Source]);
                continue;
            }

            nodes.Add(new Node(tree.NumericalSplitThresholds[place.Source], tree.NumericalSplitFeatureIndexes[place.Source], next));
            values.Add(0);
            next += 2;
            waiting.Enqueue((tree.LeftChild[place.Source], place.Depth + 1));
            waiting.Enqueue((tree.RightChild[place.Source], place.Depth + 1));
        }

        return deepest;
    }

    /// <summary>A split or a leaf.</summary>
    /// <param name="Threshold">A row whose feature is greater goes right; infinite for a leaf.</param>
    /// <param name="Feature">The feature's column; 0 for a leaf.</param>
    /// <param name="Left">The left child, with the right one behind it; the node itself for a leaf.</param>
    [StructLayout(LayoutKind.Auto)]
    internal readonly record struct Node(float Threshold, int Feature, int Left);
}
