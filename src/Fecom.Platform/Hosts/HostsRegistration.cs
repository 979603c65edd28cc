using Fecom.Platform.Services;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Fecom.Platform.Hosts;

/// <summary>What lets several hosts work side by side.</summary>
public static class HostsRegistration
{
    /// <summary>
    /// Adds, once, the lease for work that one host does at a time, the restart of a host within its process, and what keeps
    /// its long-running parts going.
    /// </summary>
    public static IServiceCollection AddHosts(this IServiceCollection services)
    {
        if (services.Any(service => service.ServiceType == typeof(Supervision)))
        {
            return services;
        }

        services.AddSingleton<Supervision>();
        services.AddHealthChecks().AddCheck<ServicesHealthCheck>("services");
        services.TryAddSingleton<HostLease>();
        services.AddSingleton<Notices>();
        services.AddHostedService(provider => provider.GetRequiredService<Notices>());
        services.TryAddSingleton<HostRestart>();
        return services;
    }
}
