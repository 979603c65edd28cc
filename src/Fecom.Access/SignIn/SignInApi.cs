using System.Globalization;
using Fecom.Access.Authenticate;
using Fecom.Access.KnowCallers;
using Fecom.Access.RecordChanges;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace Fecom.Access.SignIn;

/// <summary>Signs people in and out: <c>/signin</c>, <c>/signout</c>.</summary>
internal static class SignInApi
{
    private const string Page = "/signin";
    private const int MaxName = 100;

    public static void MapSignIn(this IEndpointRouteBuilder routes, AccessOptions options)
    {
        RouteGroupBuilder pages = routes.MapGroup("").ExcludeFromDescription().AllowAnonymous();
        pages.MapGet(Page, Show);
        pages.MapPost(Page, SignInAsync);
        // As a delegate: it would pass for one that writes its answer itself.
        pages.MapPost("/signout", (Delegate)SignOutAsync);
        if (options.OpenIdConnect.IsSet)
        {
            pages.MapGet("/signin/provider", GoToProvider);
        }
    }

    private static IResult Show(HttpContext http, IOptions<AccessOptions> options)
    {
        SignInTexts texts = Texts(http);
        string? problem = http.Request.Query["problem"].ToString() switch
        {
            ProviderSignIn.NoRole => texts.NoRole,
            ProviderSignIn.Failed => texts.ProviderFailed,
            _ => null,
        };
        return options.Value.NeedsSignIn
            ? Answer(
                http,
                SignInPage.Write(texts, options.Value, ReturnUrl(http.Request.Query["return_url"]), "", problem)
            )
            : TypedResults.LocalRedirect("/");
    }

    private static async Task<IResult> SignInAsync(
        HttpContext http,
        PasswordSignIn signIn,
        AuditLog audit,
        IOptions<AccessOptions> options,
        CancellationToken cancellationToken
    )
    {
        if (!http.Request.HasFormContentType)
        {
            return TypedResults.StatusCode(StatusCodes.Status415UnsupportedMediaType);
        }

        IFormCollection form = await http.Request.ReadFormAsync(cancellationToken);
        string name = form["name"].ToString().Trim();
        string password = form["password"].ToString();
        string returnUrl = ReturnUrl(form["return_url"]);
        SignInTexts texts = Texts(http);
        if (name.Length is 0 or > MaxName || password.Length is 0 or > Passwords.Max)
        {
            return Refuse(StatusCodes.Status400BadRequest, texts.Wrong);
        }

        SignInResult result = await signIn.TryAsync(name, password, http.Connection.RemoteIpAddress, cancellationToken);
        if (result.Wait is { } wait)
        {
            string seconds = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            http.Response.Headers.RetryAfter = seconds;
            return Refuse(
                StatusCodes.Status429TooManyRequests,
                string.Format(CultureInfo.InvariantCulture, texts.Wait, seconds)
            );
        }

        if (result.IsBusy)
        {
            return Refuse(StatusCodes.Status503ServiceUnavailable, texts.Busy);
        }

        await audit.SignInAsync(http, name, result.Person is not null, cancellationToken);
        if (result.Person is not { } person)
        {
            return Refuse(StatusCodes.Status401Unauthorized, texts.Wrong);
        }

        await http.SignInAsync(CallerSchemes.Session, person.ToCaller());
        return TypedResults.LocalRedirect(returnUrl);

        IResult Refuse(int status, string problem) =>
            Answer(http, SignInPage.Write(texts, options.Value, returnUrl, name, problem), status);
    }

    private static async Task<IResult> SignOutAsync(HttpContext http)
    {
        await http.SignOutAsync(CallerSchemes.Session);
        return TypedResults.LocalRedirect(Page);
    }

    private static IResult GoToProvider(HttpContext http) =>
        TypedResults.Challenge(
            new AuthenticationProperties { RedirectUri = ReturnUrl(http.Request.Query["return_url"]) },
            [CallerSchemes.Provider]
        );

    private static IResult Answer(HttpContext http, string page, int status = StatusCodes.Status200OK)
    {
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Content(page, "text/html; charset=utf-8", statusCode: status);
    }

    private static SignInTexts Texts(HttpContext http) =>
        SignInTexts.For(http.Request.Headers.AcceptLanguage.ToString());

    /// <summary>A place on this host; whatever else is asked for, the start page.</summary>
    internal static string ReturnUrl(string? wanted) =>
        wanted is ['/', not ('/' or '\\'), ..] && !wanted.Any(char.IsControl) ? wanted : "/";
}
