using System.Globalization;
using System.Security.Claims;
using Fecom.Platform.Access;

namespace Fecom.Access.KnowCallers;

/// <summary>A person who may sign in.</summary>
/// <param name="Id">Their number; 0 is the administrator of the settings.</param>
/// <param name="Name">Their name.</param>
/// <param name="Role">What they are.</param>
/// <param name="PasswordHash">The hash of their password.</param>
/// <param name="Stamp">Changes with password and role.</param>
internal sealed record KnownPerson(long Id, string Name, string Role, string PasswordHash, string Stamp)
{
    /// <summary>Of an identity: the person's number. People of an OpenID provider have none.</summary>
    public const string IdClaim = "person";

    private const string StampClaim = "stamp";

    /// <summary>The identity that a session carries.</summary>
    public ClaimsPrincipal ToCaller() =>
        new(
            new ClaimsIdentity(
                [
                    new Claim(ClaimTypes.Name, Name),
                    new Claim(ClaimTypes.Role, Role),
                    new Claim(IdClaim, Id.ToString(CultureInfo.InvariantCulture)),
                    new Claim(StampClaim, Stamp),
                ],
                CallerShare.Person
            )
        );

    /// <summary>Whether an identity of before is still this person's as they are now.</summary>
    public bool Is(ClaimsPrincipal caller) =>
        caller.FindFirstValue(StampClaim) == Stamp && caller.FindFirstValue(ClaimTypes.Role) == Role;
}
