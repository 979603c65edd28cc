using System.Net;
using Fecom.Platform.Hosts;
using Microsoft.Extensions.Configuration;

namespace Fecom.Access.Listen;

/// <summary>Where the host is going to listen, as the settings say it.</summary>
internal static class ListenAddresses
{
    /// <exception cref="StartException">Others than this machine could call, and nobody would be asked who they are.</exception>
    public static void Check(IConfiguration configuration, AccessOptions options)
    {
        if (!options.NeedsSignIn && Of(configuration).FirstOrDefault(address => !IsLoopback(address)) is { } open)
        {
            throw new StartException(
                $"{open} can be reached from other machines, and nobody would be asked to sign in. Set Access__Admin__Name and Access__Admin__Password (or Access__OpenIdConnect__Authority) in the environment, or listen on localhost alone."
            );
        }
    }

    private static IEnumerable<string> Of(IConfiguration configuration)
    {
        string[] endpoints =
        [
            .. configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"] ?? ""),
        ];
        // Kestrel goes by its own section first, then by urls, then by ports, which are those of all addresses.
        return endpoints.Length > 0 ? endpoints
            : configuration["urls"] is { Length: > 0 } urls ? Split(urls)
            : Split($"{configuration["http_ports"]};{configuration["https_ports"]}").Select(port => $"http://*:{port}");
    }

    private static string[] Split(string list) =>
        list.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    /// <summary>Whatever is no address on loopback is one that others reach: a star, a name, a socket.</summary>
    internal static bool IsLoopback(string address)
    {
        int begin = address.IndexOf("://", StringComparison.Ordinal);
        string host = begin < 0 ? address : address[(begin + 3)..];
        int path = host.IndexOf('/', StringComparison.Ordinal);
        host = path < 0 ? host : host[..path];
        int port = host.LastIndexOf(':');
        host = port > host.LastIndexOf(']') ? host[..port] : host;
        return string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? ip) && IPAddress.IsLoopback(ip));
    }
}
