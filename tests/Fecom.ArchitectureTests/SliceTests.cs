using ArchUnitNET.Domain;
using ArchUnitNET.Fluent.Slices;
using ArchUnitNET.Loader;

namespace Fecom.ArchitectureTests;

/// <summary>Slices of one module: what one knows of another goes one way, and is what the other means to share.</summary>
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

    /// <summary>What the container or a call sets going is a slice's own affair: a sibling that needs what it does asks the class behind it.</summary>
    [Theory]
    [MemberData(nameof(Modules))]
    public void No_slice_knows_what_sets_a_sibling_going(string module)
    {
        HashSet<string> entries = [.. Types(module).Where(IsEntry).Select(type => type.FullName!)];
        Assert.NotEmpty(entries);

        AssertNone(Uses(module).Where(use => entries.Contains(use.Used.FullName)));
    }

    /// <summary>A source's slices, and the sources among themselves, have in common what lies in a folder Shared around them, and nothing else.</summary>
    [Fact]
    public void A_slice_of_ingestion_knows_of_others_only_what_is_shared()
    {
        Use[] uses = [.. Uses("Ingestion")];
        Assert.True(uses.Length > 100, $"Only {uses.Length} uses of other slices were found.");

        AssertNone(uses.Where(use => !IsSharedWith(use.User, use.Used)));
    }

    private static bool IsSharedWith(IType user, IType used)
    {
        int shared = $"{Place(used)}.".IndexOf(".Shared.", StringComparison.Ordinal);
        return shared >= 0 && Place(user).StartsWith(Place(used)[..shared], StringComparison.Ordinal);
    }

    private static void AssertNone(IEnumerable<Use> uses)
    {
        string[] found = [.. uses.Select(use => use.ToString())];
        Assert.True(found.Length == 0, string.Join('\n', found));
    }

    /// <summary>Each type of a slice with each type of another slice of the module that it depends on.</summary>
    private static IEnumerable<Use> Uses(string module) =>
        Loaded
            .Types.Where(type => Place(type).StartsWith($"Fecom.{module}.", StringComparison.Ordinal))
            .SelectMany(type =>
                type.Dependencies.Select(dependency => dependency.Target)
                    .Where(used =>
                        Place(used).StartsWith($"Fecom.{module}.", StringComparison.Ordinal)
                        && Place(used) != Place(type)
                    )
                    .Distinct()
                    .Select(used => new Use(type, used))
            );

    private static string Place(IType type) => type.Namespace?.FullName ?? "";

    private static bool IsEntry(System.Type type) =>
        type is { IsAbstract: true, IsSealed: true }
            ? type.Name.EndsWith("Api", StringComparison.Ordinal)
            : !type.IsAbstract
                && type.GetInterfaces()
                    .Any(contract => contract.Name is "IHostedService" or "IHealthCheck" or "IJob" or "IConsumer`1");

    private static IEnumerable<System.Type> Types(string module) =>
        House.Modules.Single(assembly => House.Room(assembly) == module).GetTypes();

    private static IEnumerable<string?> Slices(string module) =>
        Types(module)
            .Select(type => type.Namespace)
            .Where(name => name?.StartsWith($"Fecom.{module}.", StringComparison.Ordinal) == true);

    private sealed record Use(IType User, IType Used)
    {
        public override string ToString() => $"{User.FullName} uses {Used.FullName}";
    }
}
