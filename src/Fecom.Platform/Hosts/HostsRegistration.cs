using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Fecom.Platform.Hosts;

/// <summary>What lets several hosts work side by side.</summary>
public static class HostsRegistration
{
    /// <summary>Adds, once, the lease for work that one host does at a time, and the restart of a host within its process.</summary>
    public static IServiceCollection AddHosts(this IServiceCollection services)
    {
        services.TryAddSingleton<HostLease>();
        services.TryAddSingleton<HostRestart>();
        return services;
    }
}
