using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.WebConsole.Requests;

/// <summary>Where this host answers itself.</summary>
internal static class HostAddress
{
    /// <summary>Sets the client's base address, which is known once the server listens.</summary>
    public static void Apply(IServiceProvider services, HttpClient http)
    {
        ICollection<string> listening =
            services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        http.BaseAddress = Of(listening);
        http.Timeout = TimeSpan.FromSeconds(30);
        http.DefaultRequestHeaders.UserAgent.ParseAdd(FecomApi.UserAgent);
    }

    /// <summary>The address to call: plain HTTP before HTTPS, loopback where the server listens on every address.</summary>
    /// <param name="listening">The server's addresses, such as <c>http://[::]:8080</c>.</param>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    internal static Uri Of(IEnumerable<string> listening)
    {
        string first =
            listening
                .OrderBy(address => address.StartsWith("https:", StringComparison.OrdinalIgnoreCase))
                .FirstOrDefault()
            ?? throw new InvalidOperationException("The host listens nowhere yet.");
        BindingAddress bound = BindingAddress.Parse(first);
        string host = bound.Host is "+" or "*" or "0.0.0.0" or "[::]" ? "127.0.0.1" : bound.Host;
        return new Uri($"{bound.Scheme}://{host}:{bound.Port}");
    }
}
