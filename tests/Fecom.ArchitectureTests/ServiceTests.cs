using Microsoft.Extensions.Hosting;

namespace Fecom.ArchitectureTests;

/// <summary>No part of the host can end it.</summary>
public sealed class ServiceTests
{
    /// <summary>What runs for as long as the host does is kept going by the platform; TopicEndpoints keeps each of its endpoints so.</summary>
    [Fact]
    public void Long_running_parts_are_supervised() =>
        Assert.Empty(
            House
                .Assemblies.SelectMany(assembly => assembly.GetTypes())
                .Where(type => typeof(BackgroundService).IsAssignableFrom(type) && !type.IsAbstract)
                .Where(type =>
                    !Ancestors(type).Any(ancestor => ancestor.Name == "SupervisedService")
                    && type.Name != "TopicEndpoints"
                )
                .Select(type => type.FullName)
        );

    private static IEnumerable<Type> Ancestors(Type type)
    {
        for (Type? ancestor = type.BaseType; ancestor is not null; ancestor = ancestor.BaseType)
        {
            yield return ancestor;
        }
    }
}
