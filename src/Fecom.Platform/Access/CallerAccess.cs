using System.Net;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Fecom.Platform.Access;

/// <summary>The one place that decides what a caller may see and do.</summary>
internal sealed class CallerAccess(IOptions<AccessOptions> options)
{
    private static readonly string[] Forwarding =
    [
        "Forwarded",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Real-IP",
        "Via",
    ];

    /// <summary>Whether the caller sees the jobs' dashboard.</summary>
    public bool MaySeeDashboard(HttpContext call) => Allows(options.Value.Dashboard, call);

    /// <summary>Whether the caller starts and deletes runs.</summary>
    public bool MayOperate(HttpContext call) => Allows(options.Value.Operate, call);

    private static bool Allows(string who, HttpContext call) =>
        who switch
        {
            AccessOptions.Anyone => true,
            AccessOptions.Loopback => IsOnThisMachine(call),
            _ => false,
        };

    /// <summary>
    /// Whether the connection comes from this machine. Headers can only rule that out: a proxy on this machine sends the header
    /// X-Forwarded-For, and a foreign page whose DNS name points here (DNS rebinding) sends that name as Host.
    /// </summary>
    private static bool IsOnThisMachine(HttpContext call) =>
        IsLoopback(
            call.Features.Get<IConnectionSocketFeature>()?.Socket.RemoteEndPoint is IPEndPoint peer
                ? peer.Address
                : call.Connection.RemoteIpAddress
        )
        && !Array.Exists(Forwarding, call.Request.Headers.ContainsKey)
        && (
            call.Request.Host.Host is "localhost"
            || (IPAddress.TryParse(call.Request.Host.Host.Trim('[', ']'), out IPAddress? host) && IsLoopback(host))
        );

    private static bool IsLoopback(IPAddress? address) =>
        address is not null && IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
}
