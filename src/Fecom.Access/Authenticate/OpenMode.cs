using System.Net;
using System.Security.Claims;
using Fecom.Platform.Access;
using Microsoft.AspNetCore.Http;

namespace Fecom.Access.Authenticate;

/// <summary>Who may do everything on a host without sign-in: whoever calls from its own machine.</summary>
internal static class OpenMode
{
    private static readonly string[] Forwarding =
    [
        "Forwarded",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        // Where the framework puts X-Forwarded-For once it has read it.
        "X-Original-For",
        "X-Real-IP",
        "Via",
    ];

    /// <summary>They have no name.</summary>
    public static ClaimsPrincipal Caller { get; } =
        new(new ClaimsIdentity([new Claim(ClaimTypes.Role, AccessRoles.Admin)], CallerShare.Local));

    /// <summary>
    /// Whether the connection comes from this machine. A proxy on this machine, which brings others, adds a header; that a foreign
    /// page whose DNS name points here gets no further is <c>AllowedHosts</c>' affair.
    /// </summary>
    public static bool IsOnThisMachine(HttpContext call) =>
        call.Connection.RemoteIpAddress is { } peer
        && (
            IPAddress.IsLoopback(peer.IsIPv4MappedToIPv6 ? peer.MapToIPv4() : peer)
            || peer.Equals(call.Connection.LocalIpAddress)
        )
        && !Array.Exists(Forwarding, call.Request.Headers.ContainsKey);
}
