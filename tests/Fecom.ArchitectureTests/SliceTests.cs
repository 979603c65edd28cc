using ArchUnitNET.Domain;
using ArchUnitNET.Fluent.Slices;
using ArchUnitNET.Loader;

namespace Fecom.ArchitectureTests;

/// <summary>Slices of one module: what one knows of another goes one way.</summary>
public sealed class SliceTests
{
    private static readonly Architecture Loaded = new ArchLoader().LoadAssemblies([.. House.Modules]).Build();

    public static TheoryData<string> Modules => [.. House.Modules.Select(House.Room)];

    [Theory]
    [MemberData(nameof(Modules))]
    public void No_slice_depends_on_one_that_depends_on_it(string module)
    {
        Assert.NotEmpty(Slices(module));

        IEnumerable<string> cycles = SliceRuleDefinition
            .Slices()
            .Matching($"Fecom.{module}.(**)")
            .Should()
            .BeFreeOfCycles()
            .Evaluate(Loaded)
            .Where(result => !result.Passed)
            .Select(result => result.Description);
        Assert.Empty(cycles);
    }

    private static IEnumerable<string?> Slices(string module) =>
        House
            .Modules.Single(assembly => House.Room(assembly) == module)
            .GetTypes()
            .Select(type => type.Namespace)
            .Where(name => name?.StartsWith($"Fecom.{module}.", StringComparison.Ordinal) == true);
}
