using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.Platform.Messaging;

/// <summary>
/// Adds <c>Kafka:Prefix</c> to the names of topics and groups, so that two installations can share a cluster. Modules use the
/// names without it, from Contracts; the transport uses those with it.
/// </summary>
internal static class TopicPrefix
{
    /// <summary>Renames what the modules have registered.</summary>
    public static void Apply(IServiceCollection services, string prefix)
    {
        for (int i = 0; i < services.Count; i++)
        {
            if (TryRename(services[i].ImplementationInstance, prefix, out ServiceDescriptor? renamed))
            {
                services[i] = renamed;
            }
        }
    }

    private static bool TryRename(object? registered, string prefix, [NotNullWhen(true)] out ServiceDescriptor? renamed)
    {
        renamed = registered switch
        {
            TopicEndpointDefinition endpoint => ServiceDescriptor.Singleton(
                endpoint with
                {
                    Prefix = prefix,
                    Topic = prefix + endpoint.Topic,
                    Produces = [.. endpoint.Produces.Select(topic => prefix + topic)],
                }
            ),
            TopicDefinition topic => ServiceDescriptor.Singleton(topic with { Name = prefix + topic.Name }),
            _ => null,
        };
        return renamed is not null;
    }
}
