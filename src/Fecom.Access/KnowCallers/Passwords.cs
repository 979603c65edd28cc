using Microsoft.AspNetCore.Identity;

namespace Fecom.Access.KnowCallers;

/// <summary>Hashes passwords and compares them, slowly on purpose: PBKDF2 as ASP.NET Core Identity does it.</summary>
internal sealed class Passwords
{
    /// <summary>Characters of a password.</summary>
    public const int Max = 200;

    // The hasher does not look at whom it hashes for.
    private static readonly object Nobody = new();
    private readonly PasswordHasher<object> _hasher = new();
    private readonly Lazy<string> _decoy;

    public Passwords() => _decoy = new(() => Hash("nobody's password"));

    /// <summary>The hash to keep.</summary>
    public string Hash(string password) => _hasher.HashPassword(Nobody, password);

    /// <summary>Whether a password is the person's. Without a person it takes as long, and is not.</summary>
    public bool Verify(KnownPerson? person, string password) =>
        _hasher.VerifyHashedPassword(Nobody, person?.PasswordHash ?? _decoy.Value, password)
            != PasswordVerificationResult.Failed
        && person is not null;
}
