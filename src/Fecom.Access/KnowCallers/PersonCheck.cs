using System.Globalization;
using System.Security.Claims;

namespace Fecom.Access.KnowCallers;

/// <summary>Whether an identity that was given some time ago still holds.</summary>
internal static class PersonCheck
{
    /// <summary>A person of a provider is who the provider said, for as long as the session lasts.</summary>
    public static bool IsCurrent(ClaimsPrincipal caller, CallerSnapshot callers) =>
        caller.FindFirstValue(KnownPerson.IdClaim) is not { } id
        || (
            long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            && callers.People.TryGetValue(number, out KnownPerson? person)
            && person.Is(caller)
        );
}
