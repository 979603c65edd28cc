using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using Fecom.Testing;

namespace Fecom.ArchitectureTests;

/// <summary>Classes for HTTP read a request and word its answer; what they ask of the database is another class's matter.</summary>
public sealed class ApiTests
{
    private static readonly string[] Database = ["Npgsql.", "Dapper.", "Fecom.Platform.Storage.Queries"];

    private static readonly Architecture Loaded = new ArchLoader().LoadAssemblies([.. House.Assemblies]).Build();

    [Fact]
    public void No_class_for_http_speaks_sql()
    {
        IType[] apis = [.. Loaded.Types.Where(type => Outermost(type).EndsWith("Api", StringComparison.Ordinal))];
        Assert.True(apis.Length >= 10, $"Only {apis.Length} classes for HTTP were found.");

        string[] users =
        [
            .. apis.SelectMany(api =>
                    api.Dependencies.Select(dependency => dependency.Target.FullName)
                        .Where(used => Database.Any(name => used.StartsWith(name, StringComparison.Ordinal)))
                        .Select(used => $"{api.FullName} uses {used}")
                )
                .Distinct(StringComparer.Ordinal),
        ];
        Assert.Empty(users);
    }

    [Fact]
    public void Every_class_that_maps_calls_says_so_by_its_name()
    {
        string[] others =
        [
            .. House
                .Modules.SelectMany(module => module.GetTypes())
                .Where(type =>
                    !type.IsNested
                    && type.GetMethods(
                            System.Reflection.BindingFlags.Static
                                | System.Reflection.BindingFlags.Public
                                | System.Reflection.BindingFlags.NonPublic
                        )
                        .Any(method => method.GetParameters().Any(IsRoutes))
                )
                .Select(type => type.Name)
                .Where(name =>
                    !name.EndsWith("Api", StringComparison.Ordinal)
                    && !name.EndsWith("Module", StringComparison.Ordinal)
                ),
        ];
        Assert.Empty(others);
    }

    /// <summary>What a call does, and its examples, stand where the call is mapped. Only the start's report asks calls of modules.</summary>
    [Fact]
    public void The_host_describes_the_api_without_naming_a_call()
    {
        string[] files = Directory.GetFiles($"{Repository.Root}/src/Fecom.Monolith", "*.cs");
        Assert.Contains(files, file => Path.GetFileName(file) == "OpenApi.cs");

        Assert.All(
            files.Where(file => Path.GetFileName(file) != "FollowStart.cs"),
            file => Assert.DoesNotContain("/api/v1/", File.ReadAllText(file), StringComparison.Ordinal)
        );
    }

    private static bool IsRoutes(System.Reflection.ParameterInfo parameter) =>
        typeof(Microsoft.AspNetCore.Routing.IEndpointRouteBuilder).IsAssignableFrom(parameter.ParameterType);

    private static string Outermost(IType type) => type.Name.Split('+', '/')[0];
}
