using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Fecom.Platform.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;

namespace Fecom.Warehouse.ShowKpis;

/// <summary><c>/kpis</c>: the shop's figures, and what recommendations earn.</summary>
internal static class KpisApi
{
    private const string Example = "2019-10-01T00:00:00Z";

    public static void MapKpis(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder kpis = routes.MapApi("kpis", "KPIs", "kpis");
        kpis.MapGet("", ListHoursAsync)
            .WithName("ListKpis")
            .WithExample("from", Example)
            .WithSummary("The shop's figures by hour, newest first")
            .WithDescription(
                "By the time of the events, as gold has them: load_warehouse brings what is new every five minutes."
            );
        kpis.MapGet("recommendations", ListRecommendationsAsync)
            .WithName("ListRecommendationKpis")
            .WithSummary(
                "What was shown, clicked on and bought of what was recommended, by model, variant, source or place"
            )
            .WithDescription(
                "By the time at which the recommendation was given, some seconds after the feedback came. Feedback that was repeated, "
                    + "late, or names an answer or product that is not known is counted in 'feedback' and nowhere else."
            );
    }

    private static async Task<Results<Ok<KpiHours>, ValidationProblem>> ListHoursAsync(
        KpiTable table,
        [AsParameters] PageQuery page,
        CancellationToken cancellationToken,
        [FromQuery(Name = "from")]
        [Description("Hours that begin at this time or later, RFC 3339.")]
            DateTimeOffset? from = null,
        [FromQuery(Name = "to")] [Description("Hours that begin before this time, RFC 3339.")] DateTimeOffset? to = null
    )
    {
        if ((page.Problem ?? Problem(from, to)) is { } problem)
        {
            return problem;
        }

        Page<KpiHour> hours = page.Of(
            await table.HoursAsync(from?.UtcDateTime, to?.UtcDateTime, page.Skip, page.Wanted, cancellationToken)
        );
        return TypedResults.Ok(new KpiHours(hours.Items, hours.Next));
    }

    private static async Task<Results<Ok<RecommendationKpis>, ValidationProblem>> ListRecommendationsAsync(
        KpiTable table,
        [AsParameters] PageQuery page,
        CancellationToken cancellationToken,
        [FromQuery(Name = "from")]
        [Description("Recommendations given in hours that begin at this time or later, RFC 3339.")]
            DateTimeOffset? from = null,
        [FromQuery(Name = "to")]
        [Description("Recommendations given in hours that begin before this time, RFC 3339.")]
            DateTimeOffset? to = null,
        [FromQuery(Name = "by")]
        [MaxLength(KpiTable.MaxKeys)]
        [Description(
            "What the figures are by, the parameter repeated for several: hour, kind, model, source, position, variant. By variant only answers count that were part of an experiment. Default model."
        )]
            string[]? by = null
    )
    {
        string[] keys = by is { Length: > 0 } ? [.. by.Distinct(StringComparer.Ordinal)] : ["model"];
        if (keys.FirstOrDefault(key => !KpiTable.Keys.ContainsKey(key)) is { } unknown)
        {
            return ApiProblems.Invalid("by", $"'{unknown}' is none of {string.Join(", ", KpiTable.Keys.Keys)}.");
        }

        if ((page.Problem ?? Problem(from, to)) is { } problem)
        {
            return problem;
        }

        Page<RecommendationFigures> groups = page.Of(
            await table.RecommendationsAsync(
                keys,
                from?.UtcDateTime,
                to?.UtcDateTime,
                page.Skip,
                page.Wanted,
                cancellationToken
            )
        );
        return TypedResults.Ok(
            new RecommendationKpis(
                [.. groups.Items.Select(RecommendationGroup.Of)],
                await table.FeedbackAsync(from?.UtcDateTime, to?.UtcDateTime, cancellationToken),
                groups.Next
            )
        );
    }

    private static ValidationProblem? Problem(DateTimeOffset? from, DateTimeOffset? to) =>
        from >= to ? ApiProblems.Invalid("to", "to must be after from.") : null;
}

/// <summary>The shop's figures by hour.</summary>
/// <param name="Hours">The newest first; hours without an event are not there.</param>
/// <param name="Next">The cursor of the next page; null when there is none.</param>
internal sealed record KpiHours(IReadOnlyList<KpiHour> Hours, string? Next);

/// <summary>An hour of the shop.</summary>
internal sealed record KpiHour
{
    /// <summary>Begin of the hour, UTC.</summary>
    public required DateTime HourAt { get; init; }

    /// <summary>Sessions with an event in it.</summary>
    public required long Sessions { get; init; }

    /// <summary>Of them, sessions with a purchase in it.</summary>
    public required long PurchaseSessions { get; init; }

    /// <summary>Products viewed.</summary>
    public required long Views { get; init; }

    /// <summary>Products put into a cart.</summary>
    public required long Carts { get; init; }

    /// <summary>Products bought.</summary>
    public required long Purchases { get; init; }

    /// <summary>Sum of the prices of these, in the shop's currency.</summary>
    public required decimal Revenue { get; init; }

    /// <summary>Sessions with a purchase by sessions.</summary>
    public double? Conversion { get; init; }

    /// <summary>Revenue by session with a purchase; null without one.</summary>
    public decimal? AverageBasket { get; init; }
}

/// <summary>What recommendations earned.</summary>
/// <param name="Groups">The groups with the most impressions first; those without feedback that counts are not there.</param>
/// <param name="Feedback">How much of the feedback of these hours counts, by the time at which it came.</param>
/// <param name="Next">The cursor of the next page; null when there is none.</param>
internal sealed record RecommendationKpis(
    IReadOnlyList<RecommendationGroup> Groups,
    FeedbackCounts Feedback,
    string? Next
);

/// <summary>How much of the feedback counts.</summary>
internal sealed record FeedbackCounts
{
    /// <summary>It counts.</summary>
    public required long Counted { get; init; }

    /// <summary>The same was said before.</summary>
    public required long Repeated { get; init; }

    /// <summary>It names no answer that is known.</summary>
    public required long Unknown { get; init; }

    /// <summary>It names a product that the answer did not have.</summary>
    public required long NotShown { get; init; }

    /// <summary>It came after the attribution window.</summary>
    public required long Late { get; init; }
}

/// <summary>What some recommendations earned.</summary>
/// <param name="HourAt">Begin of the hour in which they were given, UTC; only by hour.</param>
/// <param name="Kind">The call that was answered; only by kind.</param>
/// <param name="Model">The recommender; only by model.</param>
/// <param name="ModelVersion">Its version; null where none had a part, and only by model.</param>
/// <param name="Source">What named the products; only by source.</param>
/// <param name="Position">The products' place in the answers, from 1; only by position.</param>
/// <param name="Experiment">The experiment that the answers were part of; only by variant.</param>
/// <param name="Variant">Its variant; only by variant.</param>
/// <param name="Impressions">Products shown.</param>
/// <param name="Clicks">Of them, clicked on.</param>
/// <param name="Ctr">Clicks by impressions, with a 95 % interval; null without impressions, or when not all were told.</param>
/// <param name="Carts">Products put into the cart.</param>
/// <param name="Purchases">Products bought.</param>
/// <param name="Conversion">Purchases by clicks, with a 95 % interval; null without clicks, or when not all were told.</param>
/// <param name="Revenue">Sum of the prices of what was bought, in the shop's currency.</param>
internal sealed record RecommendationGroup(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTime? HourAt,
    [property: AllowedValues("session", "told_session", "user", "similar", "trending", null)]
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        string? Kind,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Model,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? ModelVersion,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Source,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Position,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Experiment,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Variant,
    long Impressions,
    long Clicks,
    Rate? Ctr,
    long Carts,
    long Purchases,
    Rate? Conversion,
    decimal Revenue
)
{
    public static RecommendationGroup Of(RecommendationFigures figures) =>
        new(
            figures.HourAt,
            figures.Kind,
            figures.Model,
            figures.ModelVersion,
            figures.Source,
            figures.Position,
            figures.Experiment,
            figures.Variant,
            figures.Impressions,
            figures.Clicks,
            Rate.Of(figures.Clicks, figures.Impressions),
            figures.Carts,
            figures.Purchases,
            Rate.Of(figures.Purchases, figures.Clicks),
            figures.Revenue
        );
}
