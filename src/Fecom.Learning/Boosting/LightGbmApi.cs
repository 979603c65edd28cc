using static Fecom.Learning.Boosting.LightGbmNative;

namespace Fecom.Learning.Boosting;

/// <summary>
/// LightGBM's C interface, as far as it does what ML.NET's trainer does not: bin rows once for many models, and say after each tree what it is
/// worth.
/// </summary>
/// <remarks>The library is the one that ML.NET trains with. Whoever calls waits its turn: see <see cref="LightGbmTraining"/>.</remarks>
internal static unsafe class LightGbmApi
{
    /// <summary>Bins rows.</summary>
    /// <param name="rows">The rows. Their weights are taken over where they have some.</param>
    /// <param name="parameters">LightGBM's parameters, <c>name=value</c> with spaces between.</param>
    /// <param name="reference">Rows whose bins are used; null finds bins.</param>
    public static LightGbmDataset Bin(FeatureMatrix rows, string parameters, LightGbmDataset? reference = null)
    {
        LightGbmTraining.RequireTurn();
        LightGbmDataset binned;
        using LightGbmDataset none = new();
        fixed (float* first = rows.Values)
        {
            Check(
                DatasetCreateFromMat(
                    first,
                    Float32,
                    rows.Rows,
                    rows.Columns,
                    1,
                    parameters,
                    reference ?? none,
                    out binned
                )
            );
        }

        SetField(binned, "label", Array.ConvertAll(rows.Labels, label => label ? 1f : 0f));
        if (rows.Weights is { } weights)
        {
            SetField(binned, "weight", weights);
        }

        return binned;
    }

    /// <summary>Begins to grow trees.</summary>
    /// <param name="train">Rows to learn from.</param>
    /// <param name="validation">Rows that are predicted after each tree; binned by those of <paramref name="train"/>.</param>
    /// <param name="parameters">LightGBM's parameters.</param>
    public static LightGbmBooster Begin(LightGbmDataset train, LightGbmDataset validation, string parameters)
    {
        LightGbmTraining.RequireTurn();
        Check(BoosterCreate(train, parameters, out LightGbmBooster booster));
        booster.Keep(train);
        booster.Keep(validation);
        Check(BoosterAddValidData(booster, validation));
        return booster;
    }

    /// <summary>Grows the next tree.</summary>
    /// <returns>Whether there was something to grow.</returns>
    public static bool Grow(LightGbmBooster booster)
    {
        LightGbmTraining.RequireTurn();
        Check(BoosterUpdateOneIter(booster, out int isFinished));
        return isFinished == 0;
    }

    /// <summary>What all trees so far say of the validation rows.</summary>
    /// <param name="booster">The trees.</param>
    /// <param name="probabilities">Takes one a row.</param>
    public static void Predict(LightGbmBooster booster, double[] probabilities)
    {
        Check(BoosterGetNumPredict(booster, 1, out long rows));
        if (probabilities.Length != rows)
        {
            throw new ArgumentException($"There are {rows} rows to predict.", nameof(probabilities));
        }

        fixed (double* first = probabilities)
        {
            Check(BoosterGetPredict(booster, 1, out _, first));
        }
    }

    private static void SetField(LightGbmDataset rows, string field, float[] values)
    {
        fixed (float* first = values)
        {
            Check(DatasetSetField(rows, field, first, values.Length, Float32));
        }
    }
}
