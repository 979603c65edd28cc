using System.Collections.Frozen;
using Fecom.Platform.Access;
using Fecom.Platform.Requests;
using Microsoft.AspNetCore.Components.Endpoints;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.StaticAssets;

namespace Fecom.Access.Authorize;

/// <summary>The scopes that a group of addresses asks for.</summary>
/// <param name="Reading">For GET and HEAD.</param>
/// <param name="Changing">For everything else.</param>
internal readonly record struct NeededScopes(string Reading, string Changing);

/// <summary>The one table of which scope each call, page and hub needs. What it does not have is the administrators' alone.</summary>
internal static class AccessTable
{
    private static readonly NeededScopes Control = new(AccessScopes.Read, AccessScopes.Operate);
    private static readonly NeededScopes Asking = new(AccessScopes.Serve, AccessScopes.Serve);
    private static readonly NeededScopes Looking = new(AccessScopes.Read, AccessScopes.Read);
    private static readonly NeededScopes Administration = new(AccessScopes.Admin, AccessScopes.Admin);

    /// <summary>Calls, by the name of their <see cref="ApiScope"/>.</summary>
    public static FrozenDictionary<string, NeededScopes> Groups { get; } =
        new Dictionary<string, NeededScopes>(StringComparer.Ordinal)
        {
            ["events"] = new(AccessScopes.Ingest, AccessScopes.Ingest),
            ["feedback"] = new(AccessScopes.Ingest, AccessScopes.Ingest),
            ["predictions"] = Asking,
            ["recommendations"] = Asking,
            // POST asks for values here: it changes nothing.
            ["features"] = new(AccessScopes.Read, AccessScopes.Serve),
            ["feature_comparisons"] = Looking,
            ["schemas"] = Looking,
            ["kpis"] = Looking,
            ["serving"] = Looking,
            ["caller"] = Looking,
            ["ingestion"] = Control,
            ["invalid_events"] = Control,
            ["dead_letters"] = Control,
            ["pipeline"] = Control,
            ["jobs"] = Control,
            ["runs"] = Control,
            ["studies"] = Control,
            ["models"] = Control,
            ["experiments"] = Control,
            ["challengers"] = Control,
            ["recommendation_rules"] = Control,
            ["rule_previews"] = new(AccessScopes.Operate, AccessScopes.Operate),
            ["stock"] = Control,
            ["warehouse"] = Control,
            ["user_deletions"] = new(AccessScopes.Operate, AccessScopes.Admin),
            ["audit"] = new(AccessScopes.Operate, AccessScopes.Admin),
            ["access"] = Administration,
        }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>What else there is, by the first part of its path.</summary>
    public static IReadOnlyList<(PathString Path, NeededScopes Scopes)> Paths { get; } =
    [
        ("/swagger", Looking),
        ("/metrics", Looking),
        ("/hangfire", Control),
        // The console's hub.
        ("/_blazor", Looking),
        ("/_framework", Looking),
    ];

    /// <summary>The scope that a request needs; null when nothing in the table concerns it.</summary>
    public static string? Find(Endpoint? endpoint, string method, PathString path)
    {
        if (endpoint?.Metadata.GetMetadata<ApiScope>() is { } group)
        {
            return Groups.TryGetValue(group.Name, out NeededScopes scopes) ? Of(scopes, method) : null;
        }

        foreach ((PathString prefix, NeededScopes scopes) in Paths)
        {
            if (path.StartsWithSegments(prefix, StringComparison.OrdinalIgnoreCase))
            {
                return Of(scopes, method);
            }
        }

        return IsPage(endpoint, path) ? Of(Control, method) : null;
    }

    /// <summary>Whether a method only reads.</summary>
    public static bool IsReading(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method);

    /// <summary>The start page, the console's pages and files, and addresses where there is nothing.</summary>
    private static bool IsPage(Endpoint? endpoint, PathString path) =>
        endpoint is null
        || path == "/"
        || endpoint.Metadata.GetMetadata<ComponentTypeMetadata>() is not null
        || endpoint.Metadata.GetMetadata<StaticAssetDescriptor>() is not null;

    private static string Of(NeededScopes scopes, string method) =>
        IsReading(method) ? scopes.Reading : scopes.Changing;
}
