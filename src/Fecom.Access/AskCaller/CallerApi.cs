using System.ComponentModel.DataAnnotations;
using Fecom.Platform.Access;
using Fecom.Platform.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Fecom.Access.AskCaller;

/// <summary>Who the host takes the caller for: <c>/api/v1/caller</c>.</summary>
internal static class CallerApi
{
    public static void MapCaller(this IEndpointRouteBuilder routes) =>
        routes
            .MapApi("caller", "Access", "caller")
            .MapGet("", Get)
            .WithName("GetCaller")
            .WithSummary("Who the host takes you for, and what you may do");

    private static Ok<CallerAnswer> Get(HttpContext http, IOptions<AccessOptions> options) =>
        TypedResults.Ok(
            new CallerAnswer(
                options.Value.NeedsSignIn ? "sign_in" : "open",
                http.User.Identity?.AuthenticationType ?? "unknown",
                http.User.Identity?.Name,
                [.. AccessScopes.All.Where(scope => CallerRights.Allows(http.User, scope))]
            )
        );
}

/// <summary>A caller.</summary>
/// <param name="Mode">Whether the host asks people and programs who they are; an open one answers to its own machine alone.</param>
/// <param name="Kind">A person, a program with a key, or somebody on the host's own machine while it has no sign-in.</param>
/// <param name="Name">Their name; null without sign-in.</param>
/// <param name="Scopes">What they may do.</param>
internal sealed record CallerAnswer(
    [property: AllowedValues("open", "sign_in")] string Mode,
    [property: AllowedValues("person", "key", "publishable_key", "local", "unknown")] string Kind,
    string? Name,
    IReadOnlyList<string> Scopes
);
