using System.Globalization;
using System.Security.Claims;
using System.Security.Cryptography;
using Fecom.Platform.Access;

namespace Fecom.Access.KnowCallers;

/// <summary>An API key that was not revoked.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Name">What its owner calls it.</param>
/// <param name="SecretHash">The hash of its secret.</param>
/// <param name="Scopes">What it may do.</param>
/// <param name="Origins">Of a publishable key: the origins whose pages may send it.</param>
/// <param name="ExpiresAt">When it ends, if it does.</param>
internal sealed record KnownKey(
    long Id,
    string Name,
    byte[] SecretHash,
    string[] Scopes,
    string[] Origins,
    DateTime? ExpiresAt
)
{
    /// <summary>Made once: the same for each call.</summary>
    public ClaimsPrincipal Caller { get; } =
        new(
            new ClaimsIdentity(
                [
                    new Claim(ClaimTypes.Name, string.Create(CultureInfo.InvariantCulture, $"key {Id} ({Name})")),
                    .. Scopes.Select(scope => new Claim(CallerRights.ScopeClaim, scope)),
                ],
                Origins.Length > 0 ? CallerShare.PublishableKey : CallerShare.Key
            )
        );

    /// <summary>Whether pages send it.</summary>
    public bool IsPublishable => Origins.Length > 0;

    /// <summary>Whether a secret is this key's, in a time that says nothing of it.</summary>
    public bool Has(ReadOnlySpan<char> secret) =>
        CryptographicOperations.FixedTimeEquals(SecretHash, ApiKeyText.Hash(secret));
}
