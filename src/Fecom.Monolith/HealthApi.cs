using System.ComponentModel.DataAnnotations;
using Fecom.Platform.Access;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Fecom.Monolith;

/// <summary>Whether the host runs, and whether it is ready: <c>/health/live</c> and <c>/health/ready</c>. Both answer everybody; what each check says is for those who may read.</summary>
internal static class HealthApi
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder health = routes.MapGroup("/health").WithTags("Health").AllowAnonymous();
        health
            .MapGet(
                "live",
                (HttpContext http) =>
                    Answer(http, new HealthReport(new Dictionary<string, HealthReportEntry>(), default))
            )
            .WithName("GetLiveness")
            .WithSummary("Whether the host runs")
            .Produces<HealthBody>();
        health
            .MapGet("ready", ReadyAsync)
            .WithName("GetReadiness")
            .WithSummary("What the host needs, and whether it is there")
            .WithDescription(
                "Degraded is ready: what is amiss stands beside its name, and the host works around it or waits. Unhealthy is answered 503."
            )
            .Produces<HealthBody>()
            .Produces<HealthBody>(StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<JsonHttpResult<HealthBody>> ReadyAsync(
        HttpContext http,
        HealthCheckService checks,
        CancellationToken cancellationToken
    ) => Answer(http, await checks.CheckHealthAsync(cancellationToken));

    private static JsonHttpResult<HealthBody> Answer(HttpContext http, HealthReport report)
    {
        http.Response.Headers.CacheControl = "no-store, no-cache";
        return TypedResults.Json(
            new HealthBody(
                Word(report.Status),
                CallerRights.Allows(http.User, AccessScopes.Read)
                    ? report.Entries.ToDictionary(
                        entry => entry.Key,
                        entry => new HealthEntry(Word(entry.Value.Status), entry.Value.Description),
                        StringComparer.Ordinal
                    )
                    : []
            ),
            statusCode: report.Status == HealthStatus.Unhealthy
                ? StatusCodes.Status503ServiceUnavailable
                : StatusCodes.Status200OK
        );
    }

    private static string Word(HealthStatus status) => status.ToString().ToLowerInvariant();
}

/// <summary>How the host is.</summary>
/// <param name="Status">The worst of its checks.</param>
/// <param name="Checks">Each check, by its name; none for a caller that may not read.</param>
internal sealed record HealthBody(
    [property: AllowedValues("healthy", "degraded", "unhealthy")] string Status,
    IReadOnlyDictionary<string, HealthEntry> Checks
);

/// <summary>A check.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Description">What is amiss, or worth knowing.</param>
internal sealed record HealthEntry(
    [property: AllowedValues("healthy", "degraded", "unhealthy")] string Status,
    string? Description
);
