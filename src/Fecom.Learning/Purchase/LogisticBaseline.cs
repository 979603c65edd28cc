using Fecom.Learning.Boosting;
using Microsoft.ML;
using Microsoft.ML.Trainers;
using Microsoft.ML.Transforms;

namespace Fecom.Learning.Purchase;

/// <summary>ML.NET's logistic regression on the same features: the baseline that trees have to beat.</summary>
/// <remarks>Inputs are standardised; a missing category counts as no different from all rows, and says so in a column of its own.</remarks>
internal static class LogisticBaseline
{
    /// <summary>Encoded columns whose value may be missing: the two of the category and the brand.</summary>
    public static readonly int[] Categories = [0, 1, 5];

    /// <summary>The features, and whether each of <see cref="Categories"/> is missing.</summary>
    public static readonly int Columns = PurchaseEncoder.Columns + Categories.Length;

    /// <summary>Penalty a row on the squared weights of the standardised inputs.</summary>
    private const double Penalty = 1e-3;

    /// <summary>The feature that an input speaks for.</summary>
    public static int FeatureOf(int input) =>
        input < PurchaseEncoder.Columns ? input : Categories[input - PurchaseEncoder.Columns];

    /// <summary>Turns an encoded row into inputs.</summary>
    public static void Fill(ReadOnlySpan<float> row, Span<float> inputs)
    {
        row.CopyTo(inputs);
        for (int i = 0; i < Categories.Length; i++)
        {
            bool isMissing = row[Categories[i]] == TargetEncoding.Missing;
            inputs[PurchaseEncoder.Columns + i] = isMissing ? 1 : 0;
            if (isMissing)
            {
                inputs[Categories[i]] = 0;
            }
        }
    }

    /// <summary>Fits on encoded rows.</summary>
    /// <returns>ML.NET's transformer from <c>Features</c>, <see cref="Columns"/> numbers, to <c>Score</c> and <c>Probability</c>.</returns>
    public static ITransformer Train(
        ReadOnlySpan<float> numbers,
        bool[] labels,
        float[] weights,
        int seed,
        CancellationToken cancellationToken
    )
    {
        float[] inputs = new float[labels.Length * Columns];
        for (int row = 0; row < labels.Length; row++)
        {
            Fill(
                numbers.Slice(row * PurchaseEncoder.Columns, PurchaseEncoder.Columns),
                inputs.AsSpan(row * Columns, Columns)
            );
        }

        MLContext ml = new(seed);
        LbfgsLogisticRegressionBinaryTrainer.Options options = new()
        {
            FeatureColumnName = FeatureMatrix.Features,
            LabelColumnName = FeatureMatrix.Label,
            ExampleWeightColumnName = FeatureMatrix.Weight,
            L1Regularization = 0,
            L2Regularization = (float)(Penalty * labels.Length),
            NumberOfThreads = 1,
        };
        return ml
            .Transforms.NormalizeMeanVariance(
                FeatureMatrix.Features,
                maximumExampleCount: Math.Max(labels.Length, 1),
                fixZero: false
            )
            .Append(ml.BinaryClassification.Trainers.LbfgsLogisticRegression(options))
            .Fit(new FeatureMatrix(inputs, labels, Columns, cancellationToken, weights));
    }

    /// <summary>The weights behind a transformer of <see cref="Train"/>.</summary>
    /// <param name="normalizer">Standardises the inputs.</param>
    /// <param name="model">Weighs them.</param>
    public static LinearScorer Scorer(NormalizingTransformer normalizer, LinearBinaryModelParameters model)
    {
        var scaling =
            (NormalizingTransformer.AffineNormalizerModelParameters<System.Collections.Immutable.ImmutableArray<float>>)
                normalizer.GetNormalizerModelParameters(0);
        double[] weights = new double[Columns];
        double[] means = new double[Columns];
        for (int i = 0; i < Columns; i++)
        {
            weights[i] = (double)model.Weights[i] * scaling.Scale[i];
            means[i] = scaling.Offset.IsDefaultOrEmpty ? 0 : scaling.Offset[i];
        }

        return new LinearScorer(weights, means, model.Bias);
    }
}
