using System.Globalization;
using Fecom.Learning.Recommend;
using Fecom.Training.RegisterModels;
using Microsoft.Extensions.Options;

namespace Fecom.Training.TrainRecommender;

/// <summary>Decides whether a new recommender takes the champion's place.</summary>
/// <remarks>
/// The champion has learnt the sessions that the new one is measured on, so it cannot be asked about them. It is held to what it
/// reached itself when it was new: a fall in hit rate beyond the tolerance, and beyond what two samples of their sizes differ
/// by chance (two standard errors), says that the data are broken.
/// </remarks>
internal sealed class RecommenderChampion(ModelRegistry registry, IOptions<TrainingOptions> options)
{
    public async Task<(bool IsBetter, string Reason)> ChallengeAsync(RecommenderReport report, CancellationToken cancellationToken)
    {
        RegisteredVersion? version = await registry.FindAsync(CoVisitationIndex.Kind, ModelRegistry.Champion, cancellationToken);
        if (version is null)
        {
            return (true, "the first version");
        }

        double? before = await registry.MetricAsync(version, RecommenderRunMetrics.HitRate, cancellationToken);
        double? cases = await registry.MetricAsync(version, RecommenderRunMetrics.Cases, cancellationToken);
        return Compare(report, version.Version, before, cases ?? double.PositiveInfinity, options.Value.RecommenderTolerance);
    }

    /// <param name="report">The new version's report.</param>
    /// <param name="version">The champion.</param>
    /// <param name="before">The champion's hit rate when it was new; null when it was not measured.</param>
    /// <param name="cases">Questions that the champion was asked then.</param>
    /// <param name="tolerance">Share of that hit rate which may be missing.</param>
    internal static (bool IsBetter, string Reason) Compare(
        RecommenderReport report,
        int version,
        double? before,
        double cases,
        double tolerance
    )
    {
        if (before is not double reached)
        {
            return (true, $"version {version} was not measured");
        }

        double chance = 2 * Math.Sqrt((reached * (1 - reached) / cases) + (reached * (1 - reached) / Math.Max(1, report.Model.Cases)));
        bool isBetter = report.Model.HitRate20 >= reached - Math.Max(reached * tolerance, chance);
        string comparison = string.Create(
            CultureInfo.InvariantCulture,
            $"HitRate@20 {report.Model.HitRate20:0.0000} on its newest sessions against {reached:0.0000} of version {version} on its own"
        );
        return (isBetter, comparison);
    }
}
