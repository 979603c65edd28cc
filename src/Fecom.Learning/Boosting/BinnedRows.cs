namespace Fecom.Learning.Boosting;

/// <summary>
/// The rows before a time split and those behind it in LightGBM's memory, binned once for any number of options by which trees are grown.
/// </summary>
/// <remarks>
/// The trees are those that <see cref="BoostedTreesTrainer.Train"/> grows by the same options, but for features that a leaf's fewest rows
/// leave no split: these stay, as other options may split them.
/// </remarks>
internal sealed class BinnedRows : IDisposable
{
    private readonly LightGbmDataset _train;
    private readonly LightGbmDataset _validation;
    private readonly bool[] _labels;

    /// <summary>Bins rows. The caller has its turn with LightGBM (<see cref="LightGbmTraining"/>), as for <see cref="LogLoss"/>.</summary>
    /// <param name="train">Rows to learn from.</param>
    /// <param name="validation">Rows that say by their log loss how many trees are worth growing; their weights do not count.</param>
    /// <param name="maxRows">The most of these that are looked at, evenly spread.</param>
    /// <param name="threads">Threads; 0 means all. Their number changes nothing in the outcome.</param>
    public BinnedRows(FeatureMatrix train, FeatureMatrix validation, int maxRows, int threads)
    {
        string parameters =
            $"{BoostedTreesTrainer.Describe(new BoostingOptions { Threads = threads })} feature_pre_filter=false";
        FeatureMatrix asked = validation.Spread(maxRows);
        _labels = asked.Labels;
        _train = LightGbmApi.Bin(train, parameters);
        _validation = LightGbmApi.Bin(asked, parameters, _train);
    }

    /// <summary>The mean log loss of the validation rows in nats after each tree, up to the last that is worth growing: none of so many behind it is better.</summary>
    /// <param name="options">How trees are grown.</param>
    /// <param name="cancellationToken">Ends the growing after the tree that grows.</param>
    public double[] LogLoss(BoostingOptions options, CancellationToken cancellationToken)
    {
        using LightGbmBooster booster = LightGbmApi.Begin(_train, _validation, BoostedTreesTrainer.Describe(options));
        double[] probabilities = new double[_labels.Length];
        List<double> losses = [];
        int best = 0;
        while (losses.Count < options.Trees && losses.Count - best <= options.EarlyStoppingRounds)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!LightGbmApi.Grow(booster) && losses.Count > 0)
            {
                break;
            }

            LightGbmApi.Predict(booster, probabilities);
            losses.Add(MeanLoss(probabilities));
            best = losses[^1] < losses[best] ? losses.Count - 1 : best;
        }

        return [.. losses.Take(best + 1)];
    }

    public void Dispose()
    {
        _validation.Dispose();
        _train.Dispose();
    }

    private double MeanLoss(double[] probabilities)
    {
        double sum = 0;
        for (int row = 0; row < probabilities.Length; row++)
        {
            sum -= Math.Log(Math.Max(_labels[row] ? probabilities[row] : 1 - probabilities[row], double.Epsilon));
        }

        return sum / probabilities.Length;
    }
}
