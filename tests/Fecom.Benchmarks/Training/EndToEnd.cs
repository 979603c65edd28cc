using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Fecom.Learning.Boosting;
using Fecom.Learning.Metrics;
using Fecom.Learning.Purchase;
using Fecom.Training.RegisterModels;
using Fecom.Training.TrackRuns;

namespace Fecom.Benchmarks.Training;

/// <summary>How long the parts of a training took, in seconds.</summary>
/// <param name="Read">The file of its rows to memory.</param>
/// <param name="Train">Matrix and trees.</param>
/// <param name="Evaluate">Quality on rows that it did not learn from.</param>
/// <param name="Register">The artifact read back, stored and in the registry.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct EndToEndTimes(double Read, double Train, double Evaluate, double Register)
{
    public static EndToEndTimes Unmeasured { get; } = new(double.MaxValue, 0, 0, 0);

    public double Total => Read + Train + Evaluate + Register;
}

/// <summary>A training as the host does it, from a file of encoded rows: read, build, train, evaluate, register.</summary>
internal sealed class EndToEnd(TrainingStore store, TrainingFile file, BoostingOptions options)
{
    private readonly PurchaseEncoder _encoder = PurchaseEncoder.Fit(TrainingBenchmark.Carts(1_000).Train);
    private int _round;

    public async Task<EndToEndTimes> RunAsync()
    {
        long run = await store
            .Get<RunLog>()
            .StartAsync("train_purchase_model", new RunStart(new Dictionary<string, object>(), 17), default);
        long start = Stopwatch.GetTimestamp();
        (float[] values, bool[] labels) = file.Read();
        double read = Lap(ref start);
        GrownTrees grown = BoostedTreesTrainer.Train(
            new FeatureMatrix(values, labels, TrainingFile.Columns, CancellationToken.None),
            options,
            CancellationToken.None
        );
        TrainingBenchmark.RequireTrees(grown.Trees.Count);
        double train = Lap(ref start);
        PurchaseModel model = PurchaseModel.Of(
            _encoder,
            PurchaseAlgorithm.LightGbm,
            PurchaseCandidate.FirstCart,
            TimeZoneInfo.Utc,
            grown.Transformer,
            grown.Trees.Cover
        );
        Evaluate(model);
        double evaluate = Lap(ref start);
        await store
            .Get<ModelRegistry>()
            .RegisterAsync(
                new NewVersion
                {
                    Model = PurchaseModel.Kind,
                    Run = run,
                    Artifact = model.Save(),
                    Read = PurchaseModel.Load,
                    Fingerprint = string.Create(CultureInfo.InvariantCulture, $"round {++_round}"),
                    Verdict = new GateVerdict([new GateCheck(GateCheck.Baseline, Passed: true, "a benchmark")]),
                },
                CancellationToken.None
            );
        return new EndToEndTimes(read, train, evaluate, Lap(ref start));
    }

    private void Evaluate(PurchaseModel model)
    {
        double[] logOdds = new double[file.HeldOutLabels.Length];
        model.LogOdds(file.HeldOut, logOdds);
        float[] probabilities = Array.ConvertAll(logOdds, PurchaseScorer.Probability);
        (double auc, double logLoss) = ProbabilityMetrics.Of(probabilities, file.HeldOutLabels);
        double precision = AveragePrecision.Of(probabilities, file.HeldOutLabels);
        double error = Calibration.Of(probabilities, file.HeldOutLabels).ExpectedError;
        if (!(auc > 0.7 && precision > 0.5 && logLoss < 0.7 && error < 0.1))
        {
            throw new InvalidOperationException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The model is no good: AUC {auc:0.000}, average precision {precision:0.000}, log loss {logLoss:0.000}, calibration error {error:0.000}."
                )
            );
        }
    }

    private static double Lap(ref long start)
    {
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        start = Stopwatch.GetTimestamp();
        return seconds;
    }
}
