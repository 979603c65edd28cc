using System.Security.Claims;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using Fecom.Access.KnowCallers;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fecom.Access.Authenticate;

/// <summary>Calls of the host's own pages, for the person who looks at them: <c>Authorization: FecomPage …</c>, from this machine alone.</summary>
internal sealed class OwnPageAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logger,
    UrlEncoder encoder,
    OwnPageToken tokens,
    CallerDirectory directory
) : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "own_page";
    public const string Prefix = "FecomPage ";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (!OpenMode.IsOnThisMachine(Context))
        {
            return CallerSchemes.Fail(Context, "A page's token holds on the machine of the page alone.");
        }

        ClaimsPrincipal caller;
        try
        {
            caller = tokens.Read(Request.Headers.Authorization.ToString()[Prefix.Length..]);
        }
        catch (CryptographicException)
        {
            return CallerSchemes.Fail(
                Context,
                "The page's token is not one of these hosts', or is older than a minute."
            );
        }

        return PersonCheck.IsCurrent(caller, await directory.ReadAsync(Context.RequestAborted))
            ? AuthenticateResult.Success(new AuthenticationTicket(caller, SchemeName))
            : CallerSchemes.Fail(Context, "The person's session has ended.");
    }
}
