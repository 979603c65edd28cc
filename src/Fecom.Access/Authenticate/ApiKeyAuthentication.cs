using System.Text.Encodings.Web;
using Fecom.Access.KnowCallers;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fecom.Access.Authenticate;

/// <summary>Programs: <c>Authorization: Bearer fk_…</c>.</summary>
internal sealed class ApiKeyAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logger,
    UrlEncoder encoder,
    CallerDirectory directory
) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "key";
    public const string Prefix = "Bearer ";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        string header = Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
        {
            return AuthenticateResult.NoResult();
        }

        CallerSnapshot callers = await directory.ReadAsync(Context.RequestAborted);
        if (Find(callers, header[Prefix.Length..].Trim(), out bool publishable) is not { } key)
        {
            return CallerSchemes.Fail(Context, "The API key is not known here, or was revoked.");
        }

        if (key.ExpiresAt <= TimeProvider.GetUtcNow().UtcDateTime)
        {
            return CallerSchemes.Fail(Context, $"The API key '{key.Name}' has expired.");
        }

        // Only pages send an Origin, and a page cannot send another's.
        if (publishable && !key.Origins.Contains(Request.Headers.Origin.ToString(), StringComparer.OrdinalIgnoreCase))
        {
            return CallerSchemes.Fail(Context, $"The publishable key '{key.Name}' is for pages of other origins.");
        }

        directory.Used(key);
        return AuthenticateResult.Success(new AuthenticationTicket(key.Caller, SchemeName));
    }

    private static KnownKey? Find(CallerSnapshot callers, string text, out bool publishable) =>
        ApiKeyText.TryRead(text, out long id, out ReadOnlySpan<char> secret, out publishable)
        && callers.Keys.TryGetValue(id, out KnownKey? key)
        && key.IsPublishable == publishable
        && key.Has(secret)
            ? key
            : null;
}
