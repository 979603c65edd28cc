using System.Collections.Frozen;
using Fecom.Platform.Requests;
using Fecom.Platform.Settings;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Mvc.ModelBinding;

namespace Fecom.Monolith;

/// <summary>
/// Refuses a query parameter that the call does not have: one that is misspelt would be left out without a word. Which there are
/// is what the API's description says.
/// </summary>
internal sealed class KnownParameters(IApiDescriptionGroupCollectionProvider descriptions)
{
    private readonly Lazy<FrozenDictionary<string, string[]>> _names = new(() =>
        descriptions
            .ApiDescriptionGroups.Items.SelectMany(group => group.Items)
            .GroupBy(call => NameOf(call.ActionDescriptor.EndpointMetadata))
            .ToFrozenDictionary(
                call => call.Key,
                call =>
                    call.SelectMany(one => one.ParameterDescriptions)
                        .Where(parameter => parameter.Source == BindingSource.Query)
                        .Select(parameter => parameter.Name)
                        .Distinct(StringComparer.Ordinal)
                        .ToArray(),
                StringComparer.Ordinal
            )
    );

    /// <summary>What is wrong with the query's names, by the name; null when nothing is.</summary>
    public Dictionary<string, string[]>? Unknown(Endpoint call, IQueryCollection query)
    {
        string name = call.Metadata.GetMetadata<IEndpointNameMetadata>()?.EndpointName ?? "";
        string[] known = _names.Value.GetValueOrDefault(name, []);
        Dictionary<string, string[]>? errors = null;
        foreach (string asked in query.Keys.Where(asked => !known.Contains(asked, StringComparer.OrdinalIgnoreCase)))
        {
            errors ??= new Dictionary<string, string[]>(StringComparer.Ordinal);
            errors[asked] = [Explain(asked, known)];
        }

        return errors;
    }

    internal static string Explain(string name, IReadOnlyList<string> known)
    {
        string offer = NearestName.Of(name, known) is { } nearest ? $" Is it '{nearest}'?" : "";
        return known.Count == 0
            ? $"There is no parameter '{Shown(name)}': this call takes none."
            : $"There is no parameter '{Shown(name)}'.{offer} This call takes {string.Join(", ", known)}.";
    }

    private static string Shown(string name) => name.Length <= 32 ? name : name[..32] + "…";

    private static string NameOf(IEnumerable<object> metadata) =>
        metadata.OfType<IEndpointNameMetadata>().LastOrDefault()?.EndpointName ?? "";
}

/// <summary>Has every call of the API refuse what it does not know.</summary>
internal static class KnownParametersMiddleware
{
    /// <summary>Comes after routing.</summary>
    public static void UseKnownParameters(this WebApplication app)
    {
        KnownParameters known = app.Services.GetRequiredService<KnownParameters>();
        app.Use(
            (http, next) =>
                http.Request.QueryString.HasValue
                && http.GetEndpoint() is { } call
                && call.Metadata.GetMetadata<ApiScope>() is not null
                && known.Unknown(call, http.Request.Query) is { } errors
                    ? TypedResults.ValidationProblem(errors).ExecuteAsync(http)
                    : next(http)
        );
    }
}
