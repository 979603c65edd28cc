using System.Globalization;
using Fecom.Learning.Recommend;
using Fecom.Training.RegisterModels;
using Microsoft.Extensions.Options;

namespace Fecom.Training.TrainRecommender;

/// <summary>The recommender that serves, and what it reached when it was new.</summary>
/// <param name="Version">Its version.</param>
/// <param name="Model">The recommender; null when it cannot be read any more.</param>
/// <param name="ReceivedUntil">Until when the events were received that it learned from, UTC; the least of times when that is not known.</param>
/// <param name="HitRate">Its HitRate@20 when it was new; null when it was not measured.</param>
/// <param name="Cases">Questions that it was asked then.</param>
internal sealed record ServingRecommender(
    int Version,
    Recommender? Model,
    DateTime ReceivedUntil,
    double? HitRate,
    double Cases
);

/// <summary>Decides whether a new recommender takes the champion's place.</summary>
/// <remarks>
/// Both are asked about the same newest sessions, which neither has learned. A champion that does not know the products of these
/// sessions loses, whatever it reached on others. Where nearly all of them were learned by the champion, the data are nearly those
/// of its own training, and the new one is held to what the champion reached there: a fall in hit rate beyond the tolerance, and
/// beyond what two samples of their sizes differ by chance (two standard errors), says that the data are broken.
/// </remarks>
internal sealed class RecommenderChampion(
    ModelRegistry registry,
    ArtifactStore artifacts,
    IOptions<TrainingOptions> options
)
{
    /// <summary>Share of the newest visits whose product a champion must know to be compared at all.</summary>
    private const double MinKnown = 0.5;

    /// <summary>Time of an answer that nobody notices, in microseconds: a ranker takes longer than what is visited together, and may.</summary>
    private const double Unnoticed = 5_000;

    /// <summary>The champion; null when there is none.</summary>
    public async Task<ServingRecommender?> FindAsync(CancellationToken cancellationToken)
    {
        RegisteredVersion? version = await registry.FindAsync(
            Recommender.Kind,
            ModelRegistry.Champion,
            cancellationToken
        );
        return version is null
            ? null
            : new ServingRecommender(
                version.Version,
                await artifacts.LoadAsync(version, Recommender.Load, cancellationToken),
                RecommenderRunMetrics.Time(
                    await registry.MetricAsync(version, RecommenderRunMetrics.ReceivedUntil, cancellationToken)
                ),
                await registry.MetricAsync(version, RecommenderRunMetrics.HitRate, cancellationToken),
                await registry.MetricAsync(version, RecommenderRunMetrics.Cases, cancellationToken)
                    ?? double.PositiveInfinity
            );
    }

    /// <summary>Asks a new recommender at its gates.</summary>
    public GateVerdict Challenge(RecommenderReport report, ServingRecommender? champion) =>
        Compare(report, champion, options.Value);

    internal static GateVerdict Compare(RecommenderReport report, ServingRecommender? champion, TrainingOptions options)
    {
        (bool passed, string why) = Quality(report, champion, options);
        List<GateCheck> checks = [Baseline(report), new GateCheck(GateCheck.Quality, passed, why)];
        if (champion is not null && report.Champion is { Cases: > 0 })
        {
            checks.Add(
                GateCheck.LatencyOf(report.Microseconds, report.ChampionMicroseconds, champion.Version, Unnoticed)
            );
        }

        return new GateVerdict(checks);
    }

    /// <summary>Refused where it is surely worse than popularity, which answers without a model.</summary>
    private static GateCheck Baseline(RecommenderReport report) =>
        new(
            GateCheck.Baseline,
            report.PopularityGain is not { Upper: < 0 },
            report.PopularityGain is { } gain
                ? Invariant(
                    $"HitRate@20 {report.Model.HitRate20:0.0000} against {report.Popularity.HitRate20:0.0000} of popularity ({GateVerdict.Chance(gain)})"
                )
                : "no question could be asked"
        );

    private static (bool Passed, string Why) Quality(
        RecommenderReport report,
        ServingRecommender? champion,
        TrainingOptions options
    )
    {
        if (champion is null)
        {
            return (true, "the first version");
        }

        if (champion.Model is null)
        {
            return (true, $"version {champion.Version} cannot be read any more");
        }

        if (report.KnownToChampion < MinKnown * report.Visits)
        {
            return (
                true,
                Invariant(
                    $"version {champion.Version} knows the products of {report.KnownToChampion} of {report.Visits} visits in the newest sessions"
                )
            );
        }

        if (report is { Champion: { Cases: > 0 } before, ChampionGain: { } gain })
        {
            return (
                GateVerdict.Allows(gain, before.HitRate20, options.RecommenderTolerance, options),
                Invariant(
                    $"HitRate@20 {report.Model.HitRate20:0.0000} against {before.HitRate20:0.0000} of version {champion.Version} on the same {before.Cases} questions ({GateVerdict.Chance(gain)})"
                )
            );
        }

        return champion.HitRate is { } reached
            ? (
                options.PromoteWhen != TrainingOptions.Better
                    && IsNoWorse(report.Model, reached, champion.Cases, options.RecommenderTolerance),
                Invariant(
                    $"HitRate@20 {report.Model.HitRate20:0.0000} against {reached:0.0000} that version {champion.Version} reached, which has learned nearly all of these sessions"
                )
            )
            : (true, $"version {champion.Version} was not measured");
    }

    private static bool IsNoWorse(NextItemMetrics model, double reached, double cases, double tolerance)
    {
        double variance = reached * (1 - reached);
        double chance = 2 * Math.Sqrt((variance / Math.Max(1, cases)) + (variance / Math.Max(1, model.Cases)));
        return model.HitRate20 >= reached - Math.Max(reached * tolerance, chance);
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
