using System.CodeDom.Compiler;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Fecom.ArchitectureTests;

/// <summary>One name for one thing: whoever searches for a type's name finds that type, whatever its namespace.</summary>
public sealed class NameTests
{
    /// <summary>A nested type is named with the type around it, so it may share its own name with others.</summary>
    [Fact]
    public void Every_type_has_its_name_for_itself()
    {
        Type[] types =
        [
            .. House
                .Assemblies.SelectMany(assembly => assembly.GetTypes())
                .Where(type => type is { IsNested: false, Namespace: not null } && !IsGenerated(type))
                .Where(type => type.Namespace!.StartsWith("Fecom", StringComparison.Ordinal)),
        ];
        Assert.True(types.Length > 500, $"Only {types.Length} types were found.");

        Assert.Empty(
            types
                .GroupBy(type => type.Name.Split('`')[0], StringComparer.Ordinal)
                .Where(named => named.Count() > 1)
                .Select(named => string.Join(" and ", named.Select(type => type.FullName)))
        );
    }

    private static bool IsGenerated(Type type) =>
        type.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false)
        || type.GetCustomAttribute<GeneratedCodeAttribute>(inherit: false) is not null;
}
