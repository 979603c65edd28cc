using System.Security.Claims;
using Fecom.Access.Authenticate;
using Fecom.Platform.Access;
using Fecom.Platform.Failures;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Fecom.Access.SignIn;

/// <summary>Signs people in by an OpenID provider: authorization code with PKCE; their role is what <c>Access:OpenIdConnect:RoleClaim</c> says.</summary>
internal static partial class ProviderSignIn
{
    /// <summary>What is wrong, for the page: the provider's person has no role here.</summary>
    public const string NoRole = "no_role";

    /// <summary>What is wrong, for the page: the provider or the way back from it failed.</summary>
    public const string Failed = "provider";

    private static readonly string[] NameClaims = ["preferred_username", "name", "email", "sub"];

    public static void AddProvider(this AuthenticationBuilder authentication, OpenIdConnectOptions provider)
    {
        if (!provider.IsSet)
        {
            return;
        }

        authentication.AddOpenIdConnect(
            CallerSchemes.Provider,
            openId =>
            {
                openId.Authority = provider.Authority;
                openId.RequireHttpsMetadata = provider.Authority.StartsWith("https:", StringComparison.Ordinal);
                openId.ClientId = provider.ClientId;
                openId.ClientSecret = provider.ClientSecret;
                openId.CallbackPath = "/signin/callback";
                openId.SignInScheme = CallerSchemes.Session;
                openId.ResponseType = OpenIdConnectResponseType.Code;
                // The answer comes by a link: the cookies of the attempt need not be sent with a foreign page's form.
                openId.ResponseMode = OpenIdConnectResponseMode.Query;
                openId.CorrelationCookie.SameSite = SameSiteMode.Lax;
                openId.CorrelationCookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
                openId.NonceCookie.SameSite = SameSiteMode.Lax;
                openId.NonceCookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
                openId.MapInboundClaims = false;
                openId.GetClaimsFromUserInfoEndpoint = true;
                openId.ClaimActions.MapJsonKey(provider.RoleClaim, provider.RoleClaim);
                foreach (string claim in NameClaims)
                {
                    openId.ClaimActions.MapJsonKey(claim, claim);
                }

                openId.Events.OnTicketReceived = received => TakeAsync(received, provider);
                openId.Events.OnRemoteFailure = FailAsync;
            }
        );
    }

    private static Task TakeAsync(TicketReceivedContext received, OpenIdConnectOptions provider)
    {
        ClaimsPrincipal known = received.Principal!;
        string name = NameClaims.Select(known.FindFirstValue).FirstOrDefault(value => value?.Length > 0) ?? "";
        if (provider.RoleOf(known.FindAll(provider.RoleClaim).Select(claim => claim.Value)) is not { } role)
        {
            received.Response.Redirect($"/signin?problem={NoRole}");
            received.HandleResponse();
            return Task.CompletedTask;
        }

        received.Principal = new ClaimsPrincipal(
            new ClaimsIdentity([new Claim(ClaimTypes.Name, name), new Claim(ClaimTypes.Role, role)], CallerShare.Person)
        );
        return Task.CompletedTask;
    }

    private static Task FailAsync(RemoteFailureContext failed)
    {
        LogFailed(
            failed.HttpContext.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger("Fecom.Access.SignIn"),
            failed.Failure is { } failure ? FailureText.Of(failure) : "no reason was given"
        );
        failed.Response.Redirect($"/signin?problem={Failed}");
        failed.HandleResponse();
        return Task.CompletedTask;
    }

    [LoggerMessage(LogLevel.Warning, "Sign-in by the OpenID provider failed: {Reason}")]
    private static partial void LogFailed(ILogger logger, string reason);
}
