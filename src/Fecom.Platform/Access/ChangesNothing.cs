using Microsoft.AspNetCore.Builder;

namespace Fecom.Platform.Access;

/// <summary>Metadata of a call that asks by POST since its question is long: it changes nothing, and the log of changes leaves it out.</summary>
public sealed record ChangesNothing;

/// <summary>Marks calls.</summary>
public static class ChangesNothingRegistration
{
    /// <summary>The call only asks.</summary>
    public static TBuilder WhichChangesNothing<TBuilder>(this TBuilder call)
        where TBuilder : IEndpointConventionBuilder => call.WithMetadata(new ChangesNothing());
}
