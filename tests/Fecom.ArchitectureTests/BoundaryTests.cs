using System.Reflection;

namespace Fecom.ArchitectureTests;

/// <summary>Who may know whom.</summary>
public sealed class BoundaryTests
{
    private static readonly string[] MayLearn = ["Features", "Training", "Serving"];

    public static TheoryData<string> Modules => [.. House.Modules.Select(House.Room)];

    [Fact]
    public void The_house_has_its_seven_modules() =>
        Assert.Equal(
            ["Access", "Features", "Ingestion", "Serving", "Training", "Validation", "Warehouse"],
            House.Modules.Select(House.Room).Order(StringComparer.Ordinal)
        );

    [Theory]
    [MemberData(nameof(Modules))]
    public void A_module_knows_contracts_and_platform_and_no_other_module(string module)
    {
        string[] allowed = MayLearn.Contains(module)
            ? ["Contracts", "Platform", "Learning"]
            : ["Contracts", "Platform"];

        Assert.Empty(House.Neighbours(Find(module)).Except(allowed));
    }

    [Theory]
    [MemberData(nameof(Modules))]
    public void A_module_shows_one_type(string module) =>
        Assert.Equal([$"{module}Module"], Find(module).GetExportedTypes().Select(type => type.Name));

    [Theory]
    [MemberData(nameof(Modules))]
    public void A_modules_types_are_sealed_or_static(string module) =>
        Assert.Empty(
            Find(module)
                .GetTypes()
                .Where(type => type is { IsClass: true, IsSealed: false, IsAbstract: false } && !IsGenerated(type))
                .Select(type => type.FullName)
        );

    /// <summary>It gets at everything over HTTP, as any other program does.</summary>
    [Fact]
    public void The_console_knows_no_module() => Assert.Empty(House.Neighbours(Find("Console")).Except(["Contracts"]));

    /// <summary>Components are public by their compiler, and with them the types that they take.</summary>
    [Fact]
    public void The_console_shows_its_module_and_components()
    {
        Type[] shown = Find("Console").GetExportedTypes();
        Type[] components = [.. shown.Where(IsComponent)];
        Type[] properties =
        [
            .. components.SelectMany(component => component.GetProperties()).Select(property => property.PropertyType),
        ];
        Type[] taken = [.. properties, .. properties.SelectMany(type => type.GetGenericArguments())];

        Assert.Equal(
            ["ConsoleModule"],
            shown.Except(components).Except(taken).Where(type => !IsGenerated(type)).Select(type => type.Name)
        );
        Assert.InRange(components.Length, 10, 100);
    }

    [Fact]
    public void Contracts_know_nothing() => Assert.Empty(House.Neighbours(Find("Contracts")));

    [Fact]
    public void Platform_knows_contracts_alone() => Assert.Equal(["Contracts"], House.Neighbours(Find("Platform")));

    /// <summary>The transport's own messages, and words that any message may use; nothing that a visitor did.</summary>
    [Fact]
    public void Platform_knows_of_contracts_only_what_the_transport_needs() =>
        Assert.Equal(
            ["CutOriginal", "DeadLetter", "ISourcedMessage", "Topics"],
            new ArchUnitNET.Loader.ArchLoader()
                .LoadAssembly(Find("Platform"))
                .Build()
                .Types.SelectMany(type => type.Dependencies)
                .Select(dependency => dependency.Target.FullName)
                .Where(name => name.StartsWith("Fecom.Contracts.", StringComparison.Ordinal))
                .Select(name => name.Split('.')[2])
                .Distinct(StringComparer.Ordinal)
                .Order(StringComparer.Ordinal)
        );

    [Fact]
    public void Learning_is_pure()
    {
        Assembly learning = Find("Learning");

        Assert.Equal(["Contracts"], House.Neighbours(learning));
        Assert.DoesNotContain(
            learning.GetReferencedAssemblies(),
            name =>
                !name.Name!.StartsWith("System", StringComparison.Ordinal)
                && !name.Name.StartsWith("Fecom", StringComparison.Ordinal)
                && !name.Name.StartsWith("MathNet", StringComparison.Ordinal)
                && !name.Name.StartsWith("Microsoft.ML", StringComparison.Ordinal)
        );
        Assert.DoesNotContain(
            learning.GetReferencedAssemblies(),
            name =>
                name.Name is "System.Net.Http" or "System.Net.Sockets" or "System.Data.Common" or "System.IO.FileSystem"
        );
    }

    private static Assembly Find(string room) => House.Assemblies.Single(assembly => House.Room(assembly) == room);

    private static bool IsComponent(Type type) =>
        typeof(Microsoft.AspNetCore.Components.IComponent).IsAssignableFrom(type) || type.Name == "_Imports";

    private static bool IsGenerated(Type type) => type.FullName!.Contains('<', StringComparison.Ordinal);
}
