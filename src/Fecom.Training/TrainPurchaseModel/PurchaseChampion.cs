using System.Globalization;
using Fecom.Learning.Purchase;
using Fecom.Training.RegisterModels;
using Microsoft.Extensions.Options;

namespace Fecom.Training.TrainPurchaseModel;

/// <summary>A purchase model beside the champion: both predict the same newest sessions.</summary>
/// <param name="Version">The champion's version.</param>
/// <param name="Champion">How good the champion is there.</param>
/// <param name="Differences">How the new model differs, and how surely.</param>
/// <param name="Microseconds">Of a prediction of the new model.</param>
/// <param name="ChampionMicroseconds">Of a prediction of the champion.</param>
internal sealed record PurchaseChallenge(
    int Version,
    PurchaseMetrics Champion,
    PurchaseComparison Differences,
    double Microseconds,
    double ChampionMicroseconds
);

/// <summary>Decides whether a new purchase model may take the champion's place.</summary>
internal sealed class PurchaseChampion(
    ModelRegistry registry,
    ArtifactStore artifacts,
    IOptions<TrainingOptions> options,
    TimeProvider time
)
{
    /// <summary>Time of a prediction that nobody notices, in microseconds.</summary>
    private const double Unnoticed = 50;

    private const int TimedRows = 1_000;
    private const int TimedPasses = 5;

    /// <summary>Asks a new model at its gates. Without a champion that can be read, the baseline alone can refuse it.</summary>
    public async Task<GateVerdict> ChallengeAsync(
        TrainedPurchaseModel trained,
        PurchaseDataSet data,
        int seed,
        CancellationToken cancellationToken
    )
    {
        GateCheck baseline = Baseline(trained.Report);
        RegisteredVersion? version = await registry.FindAsync(
            PurchaseModel.Kind,
            ModelRegistry.Champion,
            cancellationToken
        );
        if (version is null)
        {
            return Unchallenged(baseline, "the first version");
        }

        PurchaseModel? champion = await artifacts.LoadAsync(version, PurchaseModel.Load, cancellationToken);
        if (champion is null)
        {
            return Unchallenged(baseline, $"version {version.Version} cannot be read any more");
        }

        PurchaseChallenge challenge = await Task.Run(
            () => Challenge(trained.Model, champion, version.Version, data, seed),
            cancellationToken
        );
        return new GateVerdict([baseline, .. Compare(trained.Report, challenge, options.Value)])
        {
            Metrics = Metrics(challenge),
        };
    }

    internal static GateCheck Baseline(PurchaseReport report) =>
        new(
            GateCheck.Baseline,
            report.Model.LogLoss <= report.BaseRate.LogLoss,
            Invariant(
                $"log loss {report.Model.LogLoss:0.0000} against {report.BaseRate.LogLoss:0.0000} of the base rate"
            )
        );

    internal static IReadOnlyList<GateCheck> Compare(
        PurchaseReport report,
        PurchaseChallenge challenge,
        TrainingOptions options
    ) =>
        [
            Quality(report, challenge, options),
            Calibration(report, challenge, options),
            GateCheck.LatencyOf(challenge.Microseconds, challenge.ChampionMicroseconds, challenge.Version, Unnoticed),
        ];

    /// <summary>A champion that loses to the base rate by now gives way to whatever is better.</summary>
    private static GateCheck Quality(PurchaseReport report, PurchaseChallenge challenge, TrainingOptions options)
    {
        PurchaseMetrics champion = challenge.Champion;
        if (champion.LogLoss >= report.BaseRate.LogLoss && report.Model.LogLoss < champion.LogLoss)
        {
            return new GateCheck(
                GateCheck.Quality,
                Passed: true,
                Invariant(
                    $"version {challenge.Version} loses to the base rate by now: log loss {champion.LogLoss:0.0000} against {report.BaseRate.LogLoss:0.0000} on the same {report.ValidationRows} rows"
                )
            );
        }

        return new GateCheck(
            GateCheck.Quality,
            GateVerdict.Allows(challenge.Differences.PrAucGain, champion.PrAuc, options.PurchaseTolerance, options),
            Invariant(
                $"{report.Algorithm.Name()} with PR-AUC {report.Model.PrAuc:0.0000} against {champion.PrAuc:0.0000} of version {challenge.Version} on the same {report.ValidationRows} rows ({GateVerdict.Chance(challenge.Differences.PrAucGain)})"
            )
        );
    }

    /// <summary>Refused where it is worse beyond the tolerance, and surely.</summary>
    private static GateCheck Calibration(PurchaseReport report, PurchaseChallenge challenge, TrainingOptions options) =>
        new(
            GateCheck.Calibration,
            challenge.Differences.CalibrationLoss is var loss
                && !(loss.Value > options.CalibrationTolerance && loss.Lower > 0),
            Invariant(
                $"calibration error {report.Model.CalibrationError:0.0000} against {challenge.Champion.CalibrationError:0.0000} of version {challenge.Version} ({GateVerdict.Chance(loss)})"
            )
        );

    private PurchaseChallenge Challenge(
        PurchaseModel model,
        PurchaseModel champion,
        int version,
        PurchaseDataSet data,
        int seed
    )
    {
        PurchaseFeatures[] features = [.. data.Validation.Select(row => row.Features)];
        float[] own = new float[features.Length];
        float[] former = new float[features.Length];
        model.Predict(features, own);
        champion.Predict(features, former);
        return new PurchaseChallenge(
            version,
            PurchaseMetrics.Of(former, data.Validation),
            PurchaseComparison.Of(own, former, data.Validation, data.ValidationSessions, seed),
            MicrosecondsOf(model, features),
            MicrosecondsOf(champion, features)
        );
    }

    /// <summary>The quickest of a few passes: what else the machine does slows the others.</summary>
    private double MicrosecondsOf(PurchaseModel model, PurchaseFeatures[] features)
    {
        ReadOnlySpan<PurchaseFeatures> timed = features.AsSpan(0, Math.Min(TimedRows, features.Length));
        TimeSpan best = TimeSpan.MaxValue;
        for (int pass = 0; pass < TimedPasses; pass++)
        {
            long start = time.GetTimestamp();
            foreach (ref readonly PurchaseFeatures one in timed)
            {
                model.Predict(one);
            }

            best = time.GetElapsedTime(start) is var took && took < best ? took : best;
        }

        return best.TotalMicroseconds / timed.Length;
    }

    private static GateVerdict Unchallenged(GateCheck baseline, string why) =>
        new([baseline, new GateCheck(GateCheck.Quality, Passed: true, why)]);

    private static Dictionary<string, double> Metrics(PurchaseChallenge challenge) =>
        new()
        {
            ["champion_pr_auc"] = challenge.Champion.PrAuc,
            ["champion_calibration_error"] = challenge.Champion.CalibrationError,
            ["pr_auc_gain"] = challenge.Differences.PrAucGain.Value,
            ["pr_auc_gain_lower"] = challenge.Differences.PrAucGain.Lower,
            ["pr_auc_gain_upper"] = challenge.Differences.PrAucGain.Upper,
            ["prediction_microseconds"] = challenge.Microseconds,
            ["champion_prediction_microseconds"] = challenge.ChampionMicroseconds,
        };

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
