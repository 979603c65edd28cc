namespace Fecom.Learning.XGBoost;

/// <summary>A trained model that predicts, on one thread a call and from any number of threads at once.</summary>
/// <remarks>
/// In-place prediction of trees is thread-safe in XGBoost once the booster has been configured, which the first prediction
/// does; loading makes that one. Contributions go through a matrix and a cache, so they take turns.
/// </remarks>
public sealed unsafe class BoostedTrees : IDisposable
{
    private static readonly byte[] ValueConfig =
    [
        .. """{"type":0,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":true,"missing":NaN,"cache_id":0}"""u8,
        0,
    ];

    private static readonly byte[] ContributionConfig =
    [
        .. """{"type":2,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":true}"""u8,
        0,
    ];

    private readonly BoosterHandle _booster;
    private readonly Lock _contributionTurn = new();

    private BoostedTrees(BoosterHandle booster, int features, int rounds)
    {
        _booster = booster;
        Features = features;
        Rounds = rounds;
    }

    /// <summary>Features a row has.</summary>
    public int Features { get; }

    /// <summary>Boosting rounds that were kept.</summary>
    public int Rounds { get; }

    /// <summary>Reads a model that <see cref="Save()"/> wrote, by this or another version of XGBoost from 1.7 to 3.0.</summary>
    /// <exception cref="XGBoostException">The bytes are not a model that this version reads.</exception>
    public static BoostedTrees Load(ReadOnlySpan<byte> model)
    {
        if (model.IsEmpty)
        {
            throw new XGBoostException("The model has no bytes.");
        }

        BoosterHandle booster = BoosterHandle.Create([]);
        try
        {
            fixed (byte* first = model)
            {
                int result = NativeMethods.XGBoosterLoadModelFromBuffer(booster, first, (ulong)model.Length);
                NativeMethods.Check(result, nameof(NativeMethods.XGBoosterLoadModelFromBuffer));
            }

            return Prepare(booster);
        }
        catch
        {
            booster.Dispose();
            throw;
        }
    }

    /// <summary>The model as UBJSON.</summary>
    public byte[] Save() => Save(_booster);

    /// <summary>Predicts rows.</summary>
    /// <param name="rows">Row-major features, <see cref="Features"/> a row; NaN is missing.</param>
    /// <param name="predictions">Takes one prediction a row: a probability for a yes-or-no label.</param>
    /// <exception cref="ArgumentException">The lengths do not fit together.</exception>
    /// <exception cref="XGBoostException">A value is infinite.</exception>
    public void Predict(ReadOnlySpan<float> rows, Span<float> predictions)
    {
        RequireShape(rows.Length, predictions.Length);
        if (predictions.IsEmpty)
        {
            return;
        }

        Span<byte> description = stackalloc byte[ArrayInterface.MaximumLength];
        fixed (float* first = rows)
        fixed (byte* json = description, config = ValueConfig)
        {
            ArrayInterface.Write(description, first, predictions.Length, Features);
            int result = NativeMethods.XGBoosterPredictFromDense(_booster, json, config, 0, out _, out _, out float* values);
            NativeMethods.Check(result, nameof(NativeMethods.XGBoosterPredictFromDense));
            new ReadOnlySpan<float>(values, predictions.Length).CopyTo(predictions);
        }
    }

    /// <summary>What each feature adds to a row's margin (log odds for a yes-or-no label), as SHAP values (Lundberg and Lee, 2017).</summary>
    /// <param name="row">The features of one row; NaN is missing.</param>
    /// <param name="contributions">Takes a value a feature and, last, the bias: together the margin.</param>
    /// <exception cref="ArgumentException">The lengths do not fit together.</exception>
    /// <exception cref="XGBoostException">A value is infinite.</exception>
    public void Contributions(ReadOnlySpan<float> row, Span<float> contributions)
    {
        RequireShape(row.Length, 1);
        if (contributions.Length != Features + 1)
        {
            throw new ArgumentException($"{Features} features and a bias do not fit.", nameof(contributions));
        }

        lock (_contributionTurn)
        {
            using MatrixHandle matrix = TrainingMatrix.CreateHandle(row, 1, Features, threads: 1);
            fixed (byte* config = ContributionConfig)
            {
                int result = NativeMethods.XGBoosterPredictFromDMatrix(_booster, matrix, config, out _, out _, out float* values);
                NativeMethods.Check(result, nameof(NativeMethods.XGBoosterPredictFromDMatrix));
                new ReadOnlySpan<float>(values, contributions.Length).CopyTo(contributions);
            }
        }
    }

    /// <inheritdoc />
    public void Dispose() => _booster.Dispose();

    internal static byte[] Save(BoosterHandle booster)
    {
        int result = NativeMethods.XGBoosterSaveModelToBuffer(booster, """{"format":"ubj"}""", out ulong length, out byte* bytes);
        NativeMethods.Check(result, nameof(NativeMethods.XGBoosterSaveModelToBuffer));
        return new ReadOnlySpan<byte>(bytes, checked((int)length)).ToArray();
    }

    private static BoostedTrees Prepare(BoosterHandle booster)
    {
        NativeMethods.Check(NativeMethods.XGBoosterSetParam(booster, "nthread", "1"));
        NativeMethods.Check(NativeMethods.XGBoosterSetParam(booster, "verbosity", "0"));
        NativeMethods.Check(NativeMethods.XGBoosterGetNumFeature(booster, out ulong features));
        NativeMethods.Check(NativeMethods.XGBoosterBoostedRounds(booster, out int rounds));
        BoostedTrees trees = new(booster, checked((int)features), rounds);
        trees.Predict(new float[features], new float[1]);
        return trees;
    }

    private void RequireShape(int values, int rows)
    {
        if (values != (long)rows * Features)
        {
            throw new ArgumentException($"{rows} rows of {Features} features do not take {values} values.", nameof(rows));
        }
    }
}
