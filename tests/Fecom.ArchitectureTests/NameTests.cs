using System.CodeDom.Compiler;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Fecom.Testing;

namespace Fecom.ArchitectureTests;

/// <summary>One name for one thing: whoever searches for a type's name finds that type, whatever its namespace.</summary>
public sealed partial class NameTests
{
    /// <summary>Milliseconds for one file.</summary>
    private const int Timeout = 10_000;

    private static readonly HashSet<string> Unwanted = new(
        ["most", "longest", "shortest", "fewest", "patience", "said", "had"],
        StringComparer.OrdinalIgnoreCase
    );

    [GeneratedRegex(
        """"
            //[^\n]*|"""[\s\S]*?"""|"(?:\\.|[^"\\\n])*"
            """",
        RegexOptions.None,
        Timeout
    )]
    private static partial Regex NoCode { get; }

    [GeneratedRegex(@"\b[A-Za-z_]\w*", RegexOptions.None, Timeout)]
    private static partial Regex Identifier { get; }

    [GeneratedRegex("[A-Z]?[a-z]+", RegexOptions.None, Timeout)]
    private static partial Regex Word { get; }

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

    /// <summary>A limit is a max or a min and a wait a timeout; a name is no half of a sentence.</summary>
    [Fact]
    public void Names_say_max_min_and_timeout()
    {
        (string File, string Name)[] names =
        [
            .. new[] { "src", "tests" }
                .SelectMany(folder =>
                    Directory.EnumerateFiles($"{Repository.Root}/{folder}", "*.cs", SearchOption.AllDirectories)
                )
                .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))
                .SelectMany(file =>
                    Identifier.Matches(NoCode.Replace(File.ReadAllText(file), " ")).Select(match => (file, match.Value))
                ),
        ];
        Assert.True(names.Length > 50_000, $"Only {names.Length} names were found.");

        Assert.Empty(
            names
                // A test that is named by a sentence, its words joined by underscores, may use any.
                .Where(named => named.Name.LastIndexOf('_') < 1)
                .Where(named => Word.Matches(named.Name).Any(word => Unwanted.Contains(word.Value)))
                .Select(named => $"{Path.GetRelativePath(Repository.Root, named.File)}: {named.Name}")
                .Distinct(StringComparer.Ordinal)
        );
    }

    private static bool IsGenerated(Type type) =>
        type.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false)
        || type.GetCustomAttribute<GeneratedCodeAttribute>(inherit: false) is not null;
}
