using System.Globalization;
using Fecom.Learning.Metrics;

namespace Fecom.Serving.RunExperiments;

/// <summary>Stops variants that are surely worse than the control, however often it looks.</summary>
internal sealed class ExperimentGuard(ExperimentFigures figures, ExperimentTable table, ExperimentsRefresh refresh)
{
    /// <summary>Judges the variants of a running experiment, and stops those that lose.</summary>
    public async Task JudgeAsync(ExperimentVersion version, CancellationToken cancellationToken)
    {
        IReadOnlyList<VariantSums> sums = await figures.SumAsync(version.Name, cancellationToken);
        foreach ((string variant, string reason) in Losing(version, sums))
        {
            await table.StopVariantAsync(version.Name, variant, reason, cancellationToken);
            await refresh.RefreshAsync(cancellationToken);
        }
    }

    /// <summary>The variants that lose, each with what shows it. The error is divided among the variants (Bonferroni).</summary>
    internal static IEnumerable<(string Variant, string Reason)> Losing(
        ExperimentVersion version,
        IReadOnlyList<VariantSums> sums
    )
    {
        string control = version.Definition.Variants![0]!.Name!;
        if (
            version.Definition.Guard is not { } guard
            || sums.FirstOrDefault(one => one.Variant == control) is not { } controls
            || controls.Units < guard.MinUnits
        )
        {
            yield break;
        }

        double error = guard.Error / (version.Definition.Variants.Count - 1);
        RatioSums reference = controls.Of(guard.Metric);
        foreach (
            VariantSums one in sums.Where(one =>
                one.Variant != control && !version.StoppedVariants.Contains(one.Variant) && one.Units >= guard.MinUnits
            )
        )
        {
            RatioSums own = one.Of(guard.Metric);
            double half = ConfidenceSequence.HalfWidth(
                own.Variance + reference.Variance,
                own.Units + reference.Units,
                error
            );
            double difference = own.Ratio - reference.Ratio;
            if (difference + half < 0)
            {
                yield return (
                    one.Variant,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"Variant '{one.Variant}' loses: its {guard.Metric} is {own.Ratio:0.####} against {reference.Ratio:0.####} of '{control}', and the difference lies between {difference - half:0.####} and {difference + half:0.####} with an error of {error:0.####} over all looks ({own.Units + reference.Units} units)"
                    )
                );
            }
        }
    }
}
