using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Http;

namespace Fecom.Platform.Access;

/// <summary>What kind of caller it is, by how they said who they are.</summary>
public enum CallerKind
{
    /// <summary>Nobody that is known, or everybody who looks at a page.</summary>
    Address,

    /// <summary>A person.</summary>
    Person,

    /// <summary>A program with a key.</summary>
    Key,

    /// <summary>Somebody on the host's own machine, while it has no sign-in.</summary>
    Local,
}

/// <summary>Whose calls are counted together.</summary>
/// <param name="Kind">What kind of caller.</param>
/// <param name="Name">Which one.</param>
public readonly record struct CallerShare(CallerKind Kind, string Name)
{
    /// <summary>The kind of identity of a person.</summary>
    public const string Person = "person";

    /// <summary>The kind of identity of a key that its owner keeps secret.</summary>
    public const string Key = "key";

    /// <summary>The kind of identity of a key that stands in pages.</summary>
    public const string PublishableKey = "publishable_key";

    /// <summary>The kind of identity of whoever calls from the machine of a host without sign-in.</summary>
    public const string Local = "local";

    private static readonly CallerShare OfLocal = new(CallerKind.Local, "");

    /// <summary>The share of a call.</summary>
    public static CallerShare Of(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        return http.User.Identity switch
        {
            { AuthenticationType: Local } => OfLocal,
            ClaimsIdentity { AuthenticationType: Key, Name: { } key } => new(CallerKind.Key, key),
            ClaimsIdentity { AuthenticationType: Person, Name: { } person } => new(CallerKind.Person, person),
            _ => new(CallerKind.Address, NetworkOf(http.Connection.RemoteIpAddress)),
        };
    }

    /// <summary>The address; of IPv6 its network, as who has one has 2^64 addresses.</summary>
    public static string NetworkOf(IPAddress? address)
    {
        if (address is null)
        {
            return "unknown";
        }

        byte[] bytes = (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).GetAddressBytes();
        return Convert.ToHexStringLower(bytes.AsSpan(0, Math.Min(8, bytes.Length)));
    }
}
