using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Fecom.Learning.Metrics;
using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Serving.RunExperiments;

/// <summary>What an experiment has shown so far.</summary>
/// <param name="Name">The experiment.</param>
/// <param name="State"><c>draft</c>, <c>running</c> or <c>stopped</c>.</param>
/// <param name="Variants">The control first. A session counts for the variant that it got an answer of; conversion is the share of sessions that bought a recommended product, revenue what these cost.</param>
/// <param name="SampleRatioPValue">How likely a division of the units as far from the shares, or farther, is by chance (chi-squared); null while there are none. Stopped variants are left out.</param>
/// <param name="SampleRatioMismatch">Whether that is below 0.001: then something loses or adds visitors of a variant, and the figures are not to be trusted.</param>
internal sealed record ExperimentResult(
    string Name,
    [property: AllowedValues("draft", "running", "stopped")] string State,
    IReadOnlyList<VariantResult> Variants,
    double? SampleRatioPValue,
    bool SampleRatioMismatch
);

/// <summary>What a variant has shown so far.</summary>
/// <param name="Name">The variant.</param>
/// <param name="Stopped">Whether nobody gets it any more.</param>
/// <param name="Units">Visitors, or sessions where no user was named.</param>
/// <param name="Sessions">Their sessions.</param>
/// <param name="Answers">Recommendations that they got.</param>
/// <param name="Impressions">Products shown, as feedback told.</param>
/// <param name="Clicks">Products clicked on.</param>
/// <param name="Carts">Products put into the cart.</param>
/// <param name="Purchases">Products bought.</param>
/// <param name="Revenue">What these cost, in the shop's currency.</param>
/// <param name="Metrics">By name: <c>click_rate</c> (clicks by impressions), <c>conversion</c> (sessions with a purchase by sessions), <c>revenue_per_session</c>.</param>
internal sealed record VariantResult(
    string Name,
    bool Stopped,
    long Units,
    long Sessions,
    long Answers,
    long Impressions,
    long Clicks,
    long Carts,
    long Purchases,
    decimal Revenue,
    IReadOnlyDictionary<string, MetricResult> Metrics
);

/// <summary>A metric of a variant. What too little is known for is null.</summary>
/// <param name="Value">The metric.</param>
/// <param name="Low">Lower end of its 95 % interval, by the delta method over units.</param>
/// <param name="High">Upper end.</param>
/// <param name="Difference">How much it is above the control's; null of the control.</param>
/// <param name="DifferenceLow">Lower end of the difference's 95 % interval: for one look, at a time that was fixed beforehand.</param>
/// <param name="DifferenceHigh">Upper end.</param>
/// <param name="PValue">How likely a difference of this size or a greater one is by chance, for one look.</param>
/// <param name="SequentialLow">Lower end of the difference's 95 % interval that holds however often one looks (a confidence sequence).</param>
/// <param name="SequentialHigh">Upper end: below 0 the variant is surely worse.</param>
internal sealed record MetricResult(
    double? Value,
    double? Low,
    double? High,
    double? Difference,
    double? DifferenceLow,
    double? DifferenceHigh,
    double? PValue,
    double? SequentialLow,
    double? SequentialHigh
);

/// <summary>Works out what experiments have shown, and keeps it when their sessions are forgotten.</summary>
internal sealed class ExperimentResults(ExperimentFigures figures, NpgsqlDataSource database, TimeProvider time)
{
    private const double Error = 0.05;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>What an experiment has shown so far.</summary>
    public async Task<ExperimentResult> OfAsync(ExperimentVersion version, CancellationToken cancellationToken)
    {
        string? kept = await database.FindAsync<string>(
            "select results::text from serving.experiment_result where experiment = @Name",
            new { version.Name },
            cancellationToken
        );
        return kept is null
            ? Of(version, await figures.SumAsync(version.Name, cancellationToken))
            : JsonSerializer.Deserialize<ExperimentResult>(kept, Json)!;
    }

    /// <summary>Keeps the results of experiments that were stopped before a time, and forgets their sessions.</summary>
    public async Task ForgetAsync(ExperimentTable table, DateTime before, CancellationToken cancellationToken)
    {
        foreach (
            (_, ExperimentVersion version) in await table.ListAsync(
                "stopped",
                long.MaxValue,
                int.MaxValue,
                cancellationToken
            )
        )
        {
            if (version.ChangedAt.UtcDateTime < before)
            {
                ExperimentResult result = await OfAsync(version, cancellationToken);
                await database.ExecuteAsync(
                    """
                    insert into serving.experiment_result (experiment, kept_at, results) values (@Name, @now, @results::jsonb)
                    on conflict (experiment) do nothing;
                    delete from serving.experiment_session where experiment = @Name
                    """,
                    new
                    {
                        version.Name,
                        now = time.GetUtcNow().UtcDateTime,
                        results = JsonSerializer.Serialize(result, Json),
                    },
                    cancellationToken
                );
            }
        }
    }

    /// <summary>The results from the sums of the variants.</summary>
    internal static ExperimentResult Of(ExperimentVersion version, IReadOnlyList<VariantSums> sums)
    {
        VariantSums[] all =
        [
            .. version.Definition.Variants!.Select(variant =>
                sums.FirstOrDefault(one => one.Variant == variant!.Name) ?? VariantSums.None(variant!.Name!)
            ),
        ];
        bool[] isStopped = [.. all.Select(one => version.StoppedVariants.Contains(one.Variant))];
        double ratio = SampleRatio.PValue(
            all.Where((_, i) => !isStopped[i]).Select(one => one.Units).ToArray(),
            version
                .Definition.Variants!.Where((_, i) => !isStopped[i])
                .Select(variant => variant!.Share!.Value)
                .ToArray()
        );
        return new ExperimentResult(
            version.Name,
            version.State,
            [.. all.Select((one, i) => Of(one, i == 0 ? null : all[0], isStopped[i]))],
            Finite(ratio),
            ratio < SampleRatio.Mismatch
        );
    }

    private static VariantResult Of(VariantSums sums, VariantSums? control, bool isStopped) =>
        new(
            sums.Variant,
            isStopped,
            sums.Units,
            sums.Sessions,
            sums.Answers,
            sums.Impressions,
            sums.Clicks,
            sums.Carts,
            sums.Purchases,
            sums.Revenue,
            ExperimentChecks.Metrics.ToDictionary(
                metric => metric,
                metric => Of(sums.Of(metric), control?.Of(metric)),
                StringComparer.Ordinal
            )
        );

    private static MetricResult Of(RatioSums sums, RatioSums? control)
    {
        Estimate own = sums.Estimate();
        Estimate? above = control is null ? null : sums.Above(control);
        double half = control is null
            ? double.NaN
            : ConfidenceSequence.HalfWidth(sums.Variance + control.Variance, sums.Units + control.Units, Error);
        return new MetricResult(
            Finite(own.Value),
            Finite(own.Lower),
            Finite(own.Upper),
            Finite(above?.Value),
            Finite(above?.Lower),
            Finite(above?.Upper),
            control is null ? null : Finite(sums.PValue(control)),
            Finite(above?.Value - half),
            Finite(above?.Value + half)
        );
    }

    private static double? Finite(double? value) => value is { } number && double.IsFinite(number) ? number : null;
}
