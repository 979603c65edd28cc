using System.Runtime.InteropServices;
using Microsoft.ML.Calibrators;
using Microsoft.ML.Trainers.FastTree;
using Microsoft.ML.Trainers.LightGbm;

namespace Fecom.Learning.Boosting;

/// <summary>The trees of a trained LightGBM model in flat arrays, read by any number of threads at once.</summary>
/// <remarks>
/// ML.NET's own <c>PredictionEngine</c> serves one thread only. Sums are taken in the order of the trees, as ML.NET takes them, so
/// both agree to the last digit of a float. Rows hold no NaN: callers give missing values a number.
/// </remarks>
internal sealed class TreeEnsemble
{
    private readonly Node[] _nodes;
    private readonly double[] _values;
    private readonly int[] _roots;
    private readonly double _scale;
    private readonly LeafMasks _masks;
    private readonly double[] _leaves;

    private TreeEnsemble(Node[] nodes, double[] values, int[] roots, double scale)
    {
        _nodes = nodes;
        _values = values;
        _roots = roots;
        _scale = scale;
        Cover = new int[nodes.Length];
        (_masks, _leaves) = Arrange();
    }

    private TreeEnsemble(TreeEnsemble trees, int[] cover)
    {
        (_nodes, _values, _roots, _scale) = (trees._nodes, trees._values, trees._roots, trees._scale);
        (_masks, _leaves) = (trees._masks, trees._leaves);
        Cover = cover;
    }

    /// <summary>How many trees there are.</summary>
    public int Count => _roots.Length;

    /// <summary>Training rows that passed each node; what contributions are weighed by.</summary>
    public int[] Cover { get; }

    /// <summary>The trees of a model and the slope that turns their sum into log odds.</summary>
    /// <exception cref="InvalidDataException">
    /// A tree splits by categories or has more than <see cref="LeafMasks.MaxLeaves"/> leaves, or the calibrator has an offset.
    /// </exception>
    public static TreeEnsemble Of(CalibratedModelParametersBase<LightGbmBinaryModelParameters, PlattCalibrator> model)
    {
        RegressionTreeEnsemble trees = model.SubModel.TrainedTreeEnsemble;
        if (model.Calibrator.Offset != 0 || trees.Bias != 0)
        {
            throw new InvalidDataException(
                "The trees' sum is shifted: these are not trees of ML.NET's LightGBM trainer."
            );
        }

        List<Node> nodes = [];
        List<double> values = [];
        int[] roots = new int[trees.Trees.Count];
        for (int i = 0; i < roots.Length; i++)
        {
            roots[i] = nodes.Count;
            Flatten(trees.Trees[i], trees.TreeWeights[i], nodes, values);
        }

        return new TreeEnsemble([.. nodes], [.. values], roots, -model.Calibrator.Slope);
    }

    /// <summary>The same trees with the rows that passed each node, at least one.</summary>
    /// <exception cref="InvalidDataException">There are more or fewer nodes.</exception>
    public TreeEnsemble WithCover(int[] cover) =>
        cover.Length == _nodes.Length
            ? new TreeEnsemble(this, cover)
            : throw new InvalidDataException($"The trees have {_nodes.Length} nodes, not {cover.Length}.");

    /// <summary>Log odds of one row.</summary>
    public double LogOdds(ReadOnlySpan<float> row) => _masks.Sum(row, _leaves) * _scale;

    /// <summary>What each feature adds to a row's log odds: exact SHAP values by the trees' cover (Lundberg, Erion and Lee, 2018).</summary>
    /// <param name="row">The features of one row.</param>
    /// <param name="contributions">Takes a value a feature and, last, what the model says before any feature speaks: together the log odds.</param>
    public void Contributions(ReadOnlySpan<float> row, Span<double> contributions)
    {
        contributions.Clear();
        TreeShap shap = new(_nodes, _values, Cover, row, contributions);
        foreach (int root in _roots)
        {
            contributions[^1] += Expected(root, row, []);
            shap.Add(root);
        }

        foreach (ref double contribution in contributions)
        {
            contribution *= _scale;
        }
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

    /// <summary>How many of a matrix's rows pass each node, by at most so many rows, evenly spread; at least one a node.</summary>
    public int[] CountRows(FeatureMatrix matrix, int max)
    {
        int[] counts = new int[_nodes.Length];
        double step = Math.Max(1, (double)matrix.Rows / max);
        for (double row = 0; row < matrix.Rows; row += step)
        {
            foreach (int root in _roots)
            {
                counts[Leaf(root, matrix.Row((int)row))]++;
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

    private int Leaf(int root, ReadOnlySpan<float> row)
    {
        int at = root;
        for (Node node = _nodes[at]; node.Left != at; node = _nodes[at])
        {
            at = node.Left + (row[node.Feature] > node.Threshold ? 1 : 0);
        }

        return at;
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

        return ((Expected(left, row, known) * Cover[left]) + (Expected(left + 1, row, known) * Cover[left + 1]))
            / Cover[node];
    }

    /// <summary>Appends a tree level by level, a node's two children side by side.</summary>
    private static void Flatten(RegressionTree tree, double weight, List<Node> nodes, List<double> values)
    {
        if (tree.CategoricalSplitFlags.Contains(value: true))
        {
            throw new InvalidDataException("A tree splits by categories; ours are numbers.");
        }

        if (tree.NumberOfLeaves > LeafMasks.MaxLeaves)
        {
            throw new InvalidDataException(
                $"A tree has {tree.NumberOfLeaves} leaves; at most {LeafMasks.MaxLeaves} are served."
            );
        }

        // ML.NET numbers inner nodes from 0 and leaves by their complement; a tree that never split is one leaf.
        Queue<int> waiting = new([tree.NumberOfNodes == 0 ? ~0 : 0]);
        int next = nodes.Count + 1;
        while (waiting.TryDequeue(out int source))
        {
            if (source < 0)
            {
                nodes.Add(new Node(float.PositiveInfinity, 0, nodes.Count));
                values.Add(weight * tree.LeafValues[~source]);
                continue;
            }

            nodes.Add(new Node(tree.NumericalSplitThresholds[source], tree.NumericalSplitFeatureIndexes[source], next));
            values.Add(0);
            next += 2;
            waiting.Enqueue(tree.LeftChild[source]);
            waiting.Enqueue(tree.RightChild[source]);
        }
    }

    /// <summary>The masks that find a row's leaves, and what each leaf says, from left to right.</summary>
    private (LeafMasks Masks, double[] Leaves) Arrange()
    {
        List<LeafMasks.Split> splits = [];
        List<double>[] leaves = new List<double>[_roots.Length];
        for (int tree = 0; tree < _roots.Length; tree++)
        {
            Number(tree, _roots[tree], splits, leaves[tree] = []);
        }

        LeafMasks masks = new(splits, _roots.Length, leaves.Length == 0 ? 0 : leaves.Max(ofTree => ofTree.Count));
        double[] values = new double[_roots.Length * masks.Stride];
        for (int tree = 0; tree < _roots.Length; tree++)
        {
            leaves[tree].CopyTo(values, tree * masks.Stride);
        }

        return (masks, values);
    }

    /// <returns>A bit for each leaf below the node.</returns>
    private ulong Number(int tree, int node, List<LeafMasks.Split> splits, List<double> leaves)
    {
        (float threshold, int feature, int left) = _nodes[node];
        if (left == node)
        {
            leaves.Add(_values[node]);
            return 1UL << (leaves.Count - 1);
        }

        ulong lower = Number(tree, left, splits, leaves);
        splits.Add(new LeafMasks.Split(tree, feature, threshold, lower));
        return lower | Number(tree, left + 1, splits, leaves);
    }

    /// <summary>A split or a leaf.</summary>
    /// <param name="Threshold">A row whose feature is greater goes right; infinite for a leaf.</param>
    /// <param name="Feature">The feature's column; 0 for a leaf.</param>
    /// <param name="Left">The left child, with the right one behind it; the node itself for a leaf.</param>
    [StructLayout(LayoutKind.Auto)]
    internal readonly record struct Node(float Threshold, int Feature, int Left);
}
