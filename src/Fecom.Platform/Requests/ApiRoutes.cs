using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Fecom.Platform.Requests;

/// <summary>
/// What the calls of a group have in common. The rate limit goes by its name, and so does whoever decides what a caller may do:
/// an authorization policy reads this from the endpoint's metadata.
/// </summary>
/// <param name="Name">The group's name: a word in snake case, such as <c>invalid_events</c>.</param>
/// <param name="CallsPerSecond">Calls that a host takes in a second, unless <c>RateLimits:NAME</c> says otherwise.</param>
public sealed record ApiScope(string Name, int CallsPerSecond)
{
    /// <summary>Whether a shop makes such calls for each of its pages, thousands a second.</summary>
    public bool IsFrequent => CallsPerSecond > ApiRoutes.Seldom;
}

/// <summary>The one place that says where the API stands and what every call of it has.</summary>
public static class ApiRoutes
{
    /// <summary>The address before every call.</summary>
    public const string Root = "/api/v1";

    /// <summary>Calls a second of a group that people and their tools call.</summary>
    internal const int Seldom = 1_000;

    /// <summary>Maps a group of calls: one for each kind of thing that the API shows.</summary>
    /// <param name="routes">Where to.</param>
    /// <param name="path">Its address below <see cref="Root"/>.</param>
    /// <param name="tag">Its heading in the API's description.</param>
    /// <param name="scope">Its <see cref="ApiScope"/>.</param>
    /// <param name="callsPerSecond">Calls that a host takes in a second.</param>
    public static RouteGroupBuilder MapApi(
        this IEndpointRouteBuilder routes,
        string path,
        string tag,
        string scope,
        int callsPerSecond = Seldom
    )
    {
        RouteGroupBuilder group = routes.MapGroup($"{Root}/{path}").WithTags(tag);
        return group
            .WithMetadata(new ApiScope(scope, callsPerSecond))
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status429TooManyRequests)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
    }

    /// <summary>The address of a thing, for a Location header.</summary>
    /// <param name="segments">What stands below <see cref="Root"/>, each not yet encoded.</param>
    public static string Address(params ReadOnlySpan<string> segments)
    {
        string address = Root;
        foreach (string segment in segments)
        {
            address += $"/{Uri.EscapeDataString(segment)}";
        }

        return address;
    }
}
