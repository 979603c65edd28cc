using System.Globalization;
using Fecom.Learning.Purchase;
using Fecom.Training.RegisterModels;
using Microsoft.Extensions.Options;

namespace Fecom.Training.TrainPurchaseModel;

/// <summary>Decides whether a new purchase model takes the champion's place: both predict the same newest sessions.</summary>
internal sealed class PurchaseChampion(
    ModelRegistry registry,
    ArtifactStore artifacts,
    IOptions<TrainingOptions> options
)
{
    /// <summary>
    /// True when there is no champion, when it cannot be read, when it loses to the base rate by now and the new model does not, or
    /// when the new model's PR-AUC is no worse within the tolerance; and why.
    /// </summary>
    public async Task<(bool IsBetter, string Reason)> ChallengeAsync(
        PurchaseReport report,
        IReadOnlyList<PurchaseRow> validation,
        CancellationToken cancellationToken
    )
    {
        RegisteredVersion? version = await registry.FindAsync(
            PurchaseModel.Kind,
            ModelRegistry.Champion,
            cancellationToken
        );
        if (version is null)
        {
            return (true, "the first version");
        }

        PurchaseModel? champion = await artifacts.LoadAsync(version, PurchaseModel.Load, cancellationToken);
        return champion is null
            ? (true, $"version {version.Version} cannot be read any more")
            : Compare(
                report,
                version.Version,
                PurchaseMetrics.Of(champion, validation),
                options.Value.PurchaseTolerance
            );
    }

    internal static (bool IsBetter, string Reason) Compare(
        PurchaseReport report,
        int version,
        PurchaseMetrics champion,
        double tolerance
    )
    {
        if (champion.LogLoss >= report.BaseRate.LogLoss && report.Model.LogLoss < champion.LogLoss)
        {
            string lost = string.Create(
                CultureInfo.InvariantCulture,
                $"version {version} loses to the base rate by now: log loss {champion.LogLoss:0.0000} against {report.BaseRate.LogLoss:0.0000} on the same {report.ValidationRows} rows"
            );
            return (true, lost);
        }

        bool isBetter = report.Model.PrAuc >= champion.PrAuc * (1 - tolerance);
        string comparison = string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Algorithm.Name()} with PR-AUC {report.Model.PrAuc:0.0000} against {champion.PrAuc:0.0000} of version {version} on the same {report.ValidationRows} rows"
        );
        return (isBetter, comparison);
    }
}
