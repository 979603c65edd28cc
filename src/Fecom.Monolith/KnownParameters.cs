using System.Collections.Frozen;
using Fecom.Platform.Requests;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Mvc.ModelBinding;

namespace Fecom.Monolith;

/// <summary>
/// Refuses a query parameter that the call does not have: one that is misspelt would be left out without a word. Which there are
/// is what the API's description says.
/// </summary>
internal sealed class KnownParameters(IApiDescriptionGroupCollectionProvider descriptions)
{
    /// <summary>Names of that many letters' difference are offered.</summary>
    private const int Near = 3;

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
        string[] known = _names.Value.GetValueOrDefault(NameOf(call.Metadata), []);
        Dictionary<string, string[]>? errors = null;
        foreach (string name in query.Keys.Where(name => !known.Contains(name, StringComparer.OrdinalIgnoreCase)))
        {
            errors ??= new Dictionary<string, string[]>(StringComparer.Ordinal);
            errors[name] = [Explain(name, known)];
        }

        return errors;
    }

    internal static string Explain(string name, IReadOnlyList<string> known)
    {
        string? nearest = known.MinBy(one => Distance(name, one));
        string offer = nearest is not null && Distance(name, nearest) <= Near ? $" Is it '{nearest}'?" : "";
        return known.Count == 0
            ? $"There is no parameter '{Shown(name)}': this call takes none."
            : $"There is no parameter '{Shown(name)}'.{offer} This call takes {string.Join(", ", known)}.";
    }

    private static string Shown(string name) => name.Length <= 32 ? name : name[..32] + "…";

    private static string NameOf(IEnumerable<object> metadata) =>
        metadata.OfType<IEndpointNameMetadata>().LastOrDefault()?.EndpointName ?? "";

    /// <summary>Letters that must be put in, taken out or changed: Levenshtein's distance, of names that are not long.</summary>
    private static int Distance(string typed, string known)
    {
        if (typed.Length > known.Length + Near)
        {
            return typed.Length;
        }

        int[] row = [.. Enumerable.Range(0, known.Length + 1)];
        for (int i = 1; i <= typed.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= known.Length; j++)
            {
                int changed = diagonal + (char.ToLowerInvariant(typed[i - 1]) == known[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(changed, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
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
