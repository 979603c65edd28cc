using Fecom.Access.Authenticate;
using Fecom.Platform.Access;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Fecom.Access.Authorize;

/// <summary>Tells a caller that may not what they need: a person who has not signed in gets the page for it, everybody else a problem document.</summary>
internal sealed class AccessRefusal(IOptions<AccessOptions> options) : IAuthorizationMiddlewareResultHandler
{
    /// <summary>The page on which people sign in.</summary>
    public const string SignInPage = "/signin";

    public Task HandleAsync(
        RequestDelegate next,
        HttpContext context,
        AuthorizationPolicy policy,
        PolicyAuthorizationResult authorizeResult
    ) =>
        authorizeResult.Succeeded ? next(context)
        : authorizeResult.Forbidden ? Forbid(context, policy)
        : !options.Value.NeedsSignIn && CallerSchemes.Failure(context) is null ? RefuseStranger(context)
        : IsPage(context.Request) ? SendToSignIn(context)
        : Challenge(context);

    private static Task Forbid(HttpContext http, AuthorizationPolicy policy) =>
        Problem(
            http,
            StatusCodes.Status403Forbidden,
            "Not allowed",
            $"This needs the scope '{Scope(http, policy)}', which {http.User.Identity?.Name ?? "the caller"} does not have."
        );

    private static Task RefuseStranger(HttpContext http) =>
        Problem(
            http,
            StatusCodes.Status403Forbidden,
            "Not for this caller",
            "This host has no sign-in and answers to callers of its own machine alone, not through a proxy. Set Access:Admin:Name and Access:Admin:Password (or Access:OpenIdConnect) for others."
        );

    private static Task Challenge(HttpContext http)
    {
        http.Response.Headers.WWWAuthenticate = "Bearer";
        return Problem(
            http,
            StatusCodes.Status401Unauthorized,
            "Who calls is not known",
            $"{CallerSchemes.Failure(http) ?? "The call says not who makes it."} Send an API key (Authorization: Bearer fk_…), or sign in at {SignInPage}."
        );
    }

    private static Task SendToSignIn(HttpContext http)
    {
        string wanted = http.Request.PathBase + http.Request.Path + http.Request.QueryString;
        http.Response.Redirect(wanted == "/" ? SignInPage : $"{SignInPage}?return_url={Uri.EscapeDataString(wanted)}");
        return Task.CompletedTask;
    }

    /// <summary>Whether a browser asks for a page.</summary>
    private static bool IsPage(HttpRequest request) =>
        HttpMethods.IsGet(request.Method)
        && !request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase)
        && request.Headers.Authorization.Count == 0
        && request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);

    private static string Scope(HttpContext http, AuthorizationPolicy policy) =>
        policy.Requirements.OfType<ScopeRequirement>().FirstOrDefault()?.Scope
        ?? ScopeAuthorization.Needed(http)
        ?? AccessScopes.Admin;

    private static Task Problem(HttpContext http, int status, string title, string detail) =>
        TypedResults.Problem(detail, statusCode: status, title: title).ExecuteAsync(http);
}
