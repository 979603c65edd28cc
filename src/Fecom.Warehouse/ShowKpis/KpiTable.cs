using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Warehouse.ShowKpis;

/// <summary>Figures of a group of recommendations, as gold has them; what the group is not by is null.</summary>
internal sealed record RecommendationFigures
{
    public DateTime? HourAt { get; init; }

    public string? Kind { get; init; }

    public string? Model { get; init; }

    public int? ModelVersion { get; init; }

    public string? Source { get; init; }

    public int? Position { get; init; }

    public string? Experiment { get; init; }

    public string? Variant { get; init; }

    public required long Impressions { get; init; }

    public required long Clicks { get; init; }

    public required long Carts { get; init; }

    public required long Purchases { get; init; }

    public required decimal Revenue { get; init; }
}

/// <summary>SQL of the hourly figures in gold.</summary>
internal sealed class KpiTable(NpgsqlDataSource database)
{
    public const int MaxKeys = 6;

    /// <summary>The key by which only answers count that were part of an experiment.</summary>
    public const string Variant = "variant";

    /// <summary>The same columns as the hourly figures of all answers have, of those that were part of an experiment.</summary>
    private const string OfExperiments = """
        (select date_bin('1 hour', served_at, '2000-01-01T00:00:00Z') as hour, experiment, variant, kind, model, coalesce(model_version, 0) as model_version,
            source, position, (type = 'impression')::integer as impressions, (type = 'click')::integer as clicks, (type = 'cart')::integer as carts,
            (type = 'purchase')::integer as purchases, case when type = 'purchase' then coalesce(price, 0) else 0 end as revenue
        from gold.fact_feedback
        where experiment is not null and outcome = 'counted'
            and (@from::timestamptz is null or served_at >= date_bin('1 hour', @from, '2000-01-01T00:00:00Z'))
            and (@to::timestamptz is null or served_at < @to + interval '1 hour')) of_experiments
        """;

    /// <summary>What recommendations can be grouped by, and the columns of each as they are selected.</summary>
    public static IReadOnlyDictionary<string, string[]> Keys { get; } =
        new Dictionary<string, string[]>(StringComparer.Ordinal)
        {
            ["hour"] = ["hour as \"HourAt\""],
            ["kind"] = ["kind as \"Kind\""],
            ["model"] = ["model as \"Model\"", "nullif(model_version, 0) as \"ModelVersion\""],
            ["source"] = ["source as \"Source\""],
            ["position"] = ["position as \"Position\""],
            [Variant] = ["experiment as \"Experiment\"", "variant as \"Variant\""],
        };

    /// <summary>A part of the list of the shop's hours, newest first.</summary>
    public Task<IReadOnlyList<KpiHour>> HoursAsync(
        DateTime? from,
        DateTime? to,
        int skip,
        int limit,
        CancellationToken cancellationToken
    ) =>
        database.QueryAsync<KpiHour>(
            """
            select hour as "HourAt", sessions as "Sessions", purchase_sessions as "PurchaseSessions", views as "Views", carts as "Carts",
                purchases as "Purchases", revenue as "Revenue", conversion::double precision as "Conversion",
                average_basket as "AverageBasket"
            from gold.agg_kpi_hourly
            where is_total and (@from::timestamptz is null or hour >= @from) and (@to::timestamptz is null or hour < @to)
            order by hour desc offset @skip limit @limit
            """,
            new
            {
                from,
                to,
                skip,
                limit,
            },
            cancellationToken
        );

    /// <summary>A part of the groups of recommendations by some <see cref="Keys"/>, those with the most impressions first.</summary>
    public Task<IReadOnlyList<RecommendationFigures>> RecommendationsAsync(
        IReadOnlyList<string> keys,
        DateTime? from,
        DateTime? to,
        int skip,
        int limit,
        CancellationToken cancellationToken
    )
    {
        string[] columns = [.. keys.SelectMany(key => Keys[key])];
        string places = string.Join(", ", Enumerable.Range(1, columns.Length));
        return database.QueryAsync<RecommendationFigures>(
            $"""
            select {string.Join(
                ", ",
                columns
            )}, sum(impressions)::bigint as "Impressions", sum(clicks)::bigint as "Clicks",
                sum(carts)::bigint as "Carts", sum(purchases)::bigint as "Purchases", sum(revenue) as "Revenue"
            from {(keys.Contains(Variant) ? OfExperiments : "gold.agg_recommendation_hourly")}
            where (@from::timestamptz is null or hour >= @from) and (@to::timestamptz is null or hour < @to)
            group by {places} order by "Impressions" desc, "Clicks" desc, {places} offset @skip limit @limit
            """,
            new
            {
                from,
                to,
                skip,
                limit,
            },
            cancellationToken
        );
    }

    /// <summary>How much of the feedback counts.</summary>
    public Task<FeedbackCounts> FeedbackAsync(DateTime? from, DateTime? to, CancellationToken cancellationToken) =>
        database.ReadAsync<FeedbackCounts>(
            """
            select coalesce(sum(feedback) filter (where outcome = 'counted'), 0)::bigint as "Counted",
                coalesce(sum(feedback) filter (where outcome = 'repeated'), 0)::bigint as "Repeated",
                coalesce(sum(feedback) filter (where outcome = 'unknown'), 0)::bigint as "Unknown",
                coalesce(sum(feedback) filter (where outcome = 'not_shown'), 0)::bigint as "NotShown",
                coalesce(sum(feedback) filter (where outcome = 'late'), 0)::bigint as "Late"
            from gold.agg_feedback_hourly
            where (@from::timestamptz is null or hour >= @from) and (@to::timestamptz is null or hour < @to)
            """,
            new { from, to },
            cancellationToken
        );
}
