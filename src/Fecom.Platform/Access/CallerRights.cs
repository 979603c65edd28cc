using System.Security.Claims;

namespace Fecom.Platform.Access;

/// <summary>What a caller may do, by the claims that authentication gave them.</summary>
public static class CallerRights
{
    /// <summary>A claim for each scope of an API key.</summary>
    public const string ScopeClaim = "scope";

    /// <summary>Whether the caller has a scope: a person by their role, a key by its scopes.</summary>
    public static bool Allows(ClaimsPrincipal caller, string scope)
    {
        ArgumentNullException.ThrowIfNull(caller);
        foreach (ClaimsIdentity identity in caller.Identities)
        {
            if (identity.IsAuthenticated && Allows(identity, scope))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Allows(ClaimsIdentity identity, string scope)
    {
        foreach (Claim claim in identity.Claims)
        {
            if (
                (claim.Type == ClaimTypes.Role && AccessRoles.Has(claim.Value, scope))
                || (claim.Type == ScopeClaim && Includes(claim.Value, scope))
            )
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether who has a scope has another with it.</summary>
    private static bool Includes(string held, string scope) =>
        held == scope || held is AccessScopes.Admin || (held is AccessScopes.Operate && scope is AccessScopes.Read);
}
