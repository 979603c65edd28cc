using System.Reflection;

namespace Fecom.ArchitectureTests;

/// <summary>The projects of the house, found in the host's output rather than in a list.</summary>
internal static class House
{
    private const string Prefix = "Fecom.";

    /// <summary>Every assembly of ours that the host ships.</summary>
    public static IReadOnlyList<Assembly> Assemblies { get; } =
    [
        .. Directory
            .GetFiles(AppContext.BaseDirectory, "Fecom.*.dll")
            .Select(path => Path.GetFileNameWithoutExtension(path))
            .Where(name => !name.EndsWith("Tests", StringComparison.Ordinal))
            .Select(name => Assembly.Load(new AssemblyName(name))),
    ];

    /// <summary>The modules: what has a type that is named after the assembly and ends in Module.</summary>
    public static IReadOnlyList<Assembly> Modules { get; } =
    [
        .. Assemblies.Where(assembly =>
            assembly.GetType($"{assembly.GetName().Name}.{Room(assembly)}Module") is not null
        ),
    ];

    /// <summary>The part of an assembly's name that is its own: Features of Fecom.Features.</summary>
    public static string Room(Assembly assembly) => assembly.GetName().Name![Prefix.Length..];

    /// <summary>Rooms that an assembly refers to.</summary>
    public static IReadOnlyList<string> Neighbours(Assembly assembly) =>
        [
            .. assembly
                .GetReferencedAssemblies()
                .Where(name => name.Name!.StartsWith(Prefix, StringComparison.Ordinal))
                .Select(name => name.Name![Prefix.Length..]),
        ];
}
