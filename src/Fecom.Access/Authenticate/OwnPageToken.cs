using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.DataProtection;

namespace Fecom.Access.Authenticate;

/// <summary>
/// How the console, which runs in this process and calls its HTTP API, says for whom it calls: the person's claims, protected with
/// the hosts' keys, for a minute.
/// </summary>
internal sealed class OwnPageToken(IDataProtectionProvider protection)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private readonly ITimeLimitedDataProtector _protector = protection
        .CreateProtector("Fecom.Access.OwnPage")
        .ToTimeLimitedDataProtector();

    /// <summary>A token for a caller.</summary>
    public string Write(ClaimsPrincipal caller) =>
        _protector.Protect(
            JsonSerializer.Serialize(
                new Content(
                    caller.Identity?.AuthenticationType ?? "",
                    [.. caller.Claims.Select(claim => new[] { claim.Type, claim.Value })]
                )
            ),
            Lifetime
        );

    /// <summary>The caller of a token.</summary>
    /// <exception cref="System.Security.Cryptography.CryptographicException">It is none of these hosts', or too old.</exception>
    public ClaimsPrincipal Read(string token)
    {
        Content content = JsonSerializer.Deserialize<Content>(_protector.Unprotect(token))!;
        return new(new ClaimsIdentity(content.Claims.Select(claim => new Claim(claim[0], claim[1])), content.Kind));
    }

    private sealed record Content(string Kind, string[][] Claims);
}
