using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Fecom.Access.GuardBrowsers;

/// <summary>What browsers are told about our pages, and what they may not do for other pages.</summary>
internal static class BrowserGuard
{
    /// <summary>Scripts are files of this host alone. MudBlazor, Swagger UI and the jobs' dashboard set styles in their elements.</summary>
    private static readonly StringValues Policy =
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
        + "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

    private static readonly StringValues NoSniff = "nosniff";
    private static readonly StringValues SameOrigin = "same-origin";

    public static void UseBrowserGuard(this IApplicationBuilder app) =>
        app.Use(
            (http, next) =>
            {
                IHeaderDictionary headers = http.Response.Headers;
                headers.XContentTypeOptions = NoSniff;
                if (!http.Request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase))
                {
                    headers.ContentSecurityPolicy = Policy;
                    headers["Referrer-Policy"] = SameOrigin;
                }

                return OriginCheck.Refusal(http.Request) is { } refusal
                    ? TypedResults
                        .Problem(refusal, statusCode: StatusCodes.Status403Forbidden, title: "Not from that page")
                        .ExecuteAsync(http)
                    : next(http);
            }
        );
}
