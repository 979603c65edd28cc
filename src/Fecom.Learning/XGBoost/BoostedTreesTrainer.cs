using System.Globalization;
using System.Runtime.InteropServices;

namespace Fecom.Learning.XGBoost;

/// <summary>Grows boosted trees (Chen and Guestrin, 2016) and keeps those up to the best round on validation rows.</summary>
public static unsafe class BoostedTreesTrainer
{
    /// <summary>Trains a model.</summary>
    /// <param name="train">Rows to learn from.</param>
    /// <param name="validation">Rows that decide when to stop; null runs all rounds.</param>
    /// <param name="options">How trees are grown.</param>
    /// <param name="progress">Hears of every round; may be null.</param>
    /// <param name="cancellationToken">Stops after the tree in work.</param>
    /// <exception cref="XGBoostException">XGBoost refused an option or the rows.</exception>
    public static BoostedTrees Train(
        TrainingMatrix train,
        TrainingMatrix? validation,
        BoostingOptions options,
        Action<BoostingProgress>? progress,
        CancellationToken cancellationToken
    )
    {
        nint trainMatrix = train.Handle.DangerousGetHandle();
        using BoosterHandle booster = validation is null
            ? BoosterHandle.Create([trainMatrix])
            : BoosterHandle.Create([trainMatrix, validation.Handle.DangerousGetHandle()]);
        Configure(booster, options);
        int best = Grow(booster, train, validation, options, progress, cancellationToken);
        GC.KeepAlive(train);
        GC.KeepAlive(validation);
        NativeMethods.Check(NativeMethods.XGBoosterSlice(booster, 0, best, 1, out nint slice));
        using BoosterHandle kept = new(slice);
        return BoostedTrees.Load(BoostedTrees.Save(kept));
    }

    private static int Grow(
        BoosterHandle booster,
        TrainingMatrix train,
        TrainingMatrix? validation,
        BoostingOptions options,
        Action<BoostingProgress>? progress,
        CancellationToken cancellationToken
    )
    {
        double bestMetric = options.Maximize ? double.NegativeInfinity : double.PositiveInfinity;
        int best = 0;
        for (int round = 1; round <= options.Rounds; round++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            NativeMethods.Check(NativeMethods.XGBoosterUpdateOneIter(booster, round - 1, train.Handle));
            double metric = validation is null ? double.NaN : Evaluate(booster, validation, round - 1);
            if (validation is null || (options.Maximize ? metric > bestMetric : metric < bestMetric))
            {
                (best, bestMetric) = (round, metric);
            }

            progress?.Invoke(new BoostingProgress(round, options.Rounds, metric, best));
            if (round - best >= options.EarlyStoppingRounds)
            {
                break;
            }
        }

        return Math.Max(best, 1);
    }

    private static void Configure(BoosterHandle booster, BoostingOptions options)
    {
        ReadOnlySpan<(string Name, object Value)> parameters =
        [
            ("verbosity", 0),
            ("booster", "gbtree"),
            ("tree_method", "hist"),
            ("validate_parameters", 1),
            ("objective", options.Objective),
            ("eval_metric", options.Metric),
            ("learning_rate", options.LearningRate),
            ("max_depth", options.MaxDepth),
            ("min_child_weight", options.MinChildWeight),
            ("gamma", options.Gamma),
            ("lambda", options.Lambda),
            ("subsample", options.Subsample),
            ("colsample_bytree", options.ColumnSample),
            ("base_score", options.BaseScore),
            ("nthread", options.Threads),
            ("seed", options.Seed),
        ];
        foreach ((string name, object value) in parameters)
        {
            string text = Convert.ToString(value, CultureInfo.InvariantCulture)!;
            NativeMethods.Check(NativeMethods.XGBoosterSetParam(booster, name, text));
        }
    }

    /// <summary>XGBoost answers such as <c>[3] validation-logloss:0.61</c>.</summary>
    private static double Evaluate(BoosterHandle booster, TrainingMatrix validation, int iteration)
    {
        nint matrix = validation.Handle.DangerousGetHandle();
        nint text;
        fixed (byte* name = "validation\0"u8)
        {
            byte* names = name;
            int result = NativeMethods.XGBoosterEvalOneIter(booster, iteration, &matrix, &names, 1, out text);
            NativeMethods.Check(result, nameof(NativeMethods.XGBoosterEvalOneIter));
        }

        string answer = Marshal.PtrToStringUTF8(text)!;
        return double.Parse(answer.AsSpan(answer.LastIndexOf(':') + 1), CultureInfo.InvariantCulture);
    }
}
