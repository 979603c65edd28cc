using System.ComponentModel.DataAnnotations;
using Fecom.Platform.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Fecom.Serving.MeasureLatency;

/// <summary>How long predictions and recommendations took lately.</summary>
/// <param name="Host">The host that they were asked of; each tells of itself alone.</param>
/// <param name="WindowSeconds">How far back they go.</param>
/// <param name="Calls">Predictions and recommendations.</param>
internal sealed record LatencyAnswer(string Host, int WindowSeconds, IReadOnlyList<CallLatency> Calls);

/// <summary>How long a kind of call took lately.</summary>
/// <param name="Kind">Which.</param>
/// <param name="Answers">Calls that were answered; refused ones are not among them.</param>
/// <param name="P50Seconds">Half of them took no longer, from the request's first line to the end of the answer; null without any. Up to 6 % above the exact figure.</param>
/// <param name="P99Seconds">99 of 100 took no longer.</param>
/// <param name="BudgetSeconds">What 99 of 100 may take: <c>Serving:PredictionBudget</c> and <c>Serving:RecommendationBudget</c>.</param>
internal sealed record CallLatency(
    [property: AllowedValues("predictions", "recommendations")] string Kind,
    long Answers,
    double? P50Seconds,
    double? P99Seconds,
    double BudgetSeconds
);

/// <summary><c>GET /serving/latency</c>.</summary>
internal static class LatencyApi
{
    public static void MapLatency(this IEndpointRouteBuilder routes) =>
        routes
            .MapApi("serving", "Serving", "serving")
            .MapGet("latency", Get)
            .WithName("GetServingLatency")
            .WithSummary("How long this host's predictions and recommendations of the last five minutes took")
            .WithDescription(
                "Beside the budget that is set for them. For longer times and all hosts: http_server_request_duration_seconds at /metrics."
            );

    private static Ok<LatencyAnswer> Get(ServingLatency latency, IOptions<ServingOptions> options) =>
        TypedResults.Ok(
            new LatencyAnswer(
                Environment.MachineName,
                RecentLatency.WindowMinutes * 60,
                [
                    Of("predictions", latency.Predictions, options.Value.PredictionBudget),
                    Of("recommendations", latency.Recommendations, options.Value.RecommendationBudget),
                ]
            )
        );

    private static CallLatency Of(string kind, RecentLatency recent, TimeSpan budget)
    {
        LatencySummary summary = recent.Summary();
        return new CallLatency(kind, summary.Calls, summary.P50Seconds, summary.P99Seconds, budget.TotalSeconds);
    }
}
