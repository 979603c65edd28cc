using Fecom.Access.KnowCallers;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Fecom.Access.Authenticate;

/// <summary>The ways in which a caller says who they are: a key, a token of the host's own pages, or a session's cookie.</summary>
internal static class CallerSchemes
{
    /// <summary>The scheme that chooses among the others.</summary>
    public const string Any = "any";

    /// <summary>Sessions of people.</summary>
    public const string Session = "session";

    /// <summary>The provider by which people sign in.</summary>
    public const string Provider = "provider";

    private const string Cookie = "fecom_session";

    private static readonly object FailureKey = new();

    /// <summary>Adds them.</summary>
    public static AuthenticationBuilder AddCallerSchemes(this IServiceCollection services)
    {
        services
            .AddOptions<CookieAuthenticationOptions>(Session)
            .Configure<IOptions<AccessOptions>>(
                (cookie, access) => cookie.ExpireTimeSpan = TimeSpan.FromHours(access.Value.SessionHours)
            );
        return services
            .AddAuthentication(Any)
            .AddPolicyScheme(
                Any,
                null,
                any => any.ForwardDefaultSelector = http => Choose(http.Request.Headers.Authorization.ToString())
            )
            .AddScheme<AuthenticationSchemeOptions, ApiKeyAuthentication>(ApiKeyAuthentication.SchemeName, null)
            .AddScheme<AuthenticationSchemeOptions, OwnPageAuthentication>(OwnPageAuthentication.SchemeName, null)
            .AddCookie(
                Session,
                cookie =>
                {
                    cookie.Cookie.Name = Cookie;
                    cookie.Cookie.HttpOnly = true;
                    // A link from elsewhere finds a person signed in; what changes something is checked besides.
                    cookie.Cookie.SameSite = SameSiteMode.Lax;
                    cookie.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
                    cookie.SlidingExpiration = true;
                    cookie.Events.OnValidatePrincipal = ValidateAsync;
                }
            );
    }

    /// <summary>A host without sign-in asks only who calls with a key or a token; its own machine needs neither.</summary>
    public static void UseCallers(this IApplicationBuilder app, bool needsSignIn)
    {
        if (needsSignIn)
        {
            app.UseAuthentication();
            return;
        }

        // Otherwise the framework would add the same once more, for all calls.
        app.Properties["__AuthenticationMiddlewareSet"] = true;
        app.Use(
            (http, next) =>
            {
                if (http.Request.Headers.Authorization.Count == 0)
                {
                    if (OpenMode.IsOnThisMachine(http))
                    {
                        http.User = OpenMode.Caller;
                    }

                    return next(http);
                }

                return AuthenticateAsync(http, next);
            }
        );
    }

    /// <summary>Why the caller is not who they say; null when they say nothing.</summary>
    public static string? Failure(HttpContext http) => http.Items[FailureKey] as string;

    /// <summary>Remembers why: the framework keeps the result of an authentication that succeeded, and of no other.</summary>
    public static AuthenticateResult Fail(HttpContext http, string reason)
    {
        http.Items[FailureKey] = reason;
        return AuthenticateResult.Fail(reason);
    }

    private static async Task AuthenticateAsync(HttpContext http, RequestDelegate next)
    {
        if ((await http.AuthenticateAsync()).Principal is { } caller)
        {
            http.User = caller;
        }

        await next(http);
    }

    private static string Choose(string header) =>
        header.StartsWith(ApiKeyAuthentication.Prefix, StringComparison.OrdinalIgnoreCase)
            ? ApiKeyAuthentication.SchemeName
        : header.StartsWith(OwnPageAuthentication.Prefix, StringComparison.Ordinal) ? OwnPageAuthentication.SchemeName
        : Session;

    /// <summary>A session ends with its person, and with their password and role.</summary>
    private static async Task ValidateAsync(CookieValidatePrincipalContext session)
    {
        CallerDirectory directory = session.HttpContext.RequestServices.GetRequiredService<CallerDirectory>();
        if (
            session.Principal is not { } caller
            || !PersonCheck.IsCurrent(caller, await directory.ReadAsync(session.HttpContext.RequestAborted))
        )
        {
            session.RejectPrincipal();
        }
    }
}
