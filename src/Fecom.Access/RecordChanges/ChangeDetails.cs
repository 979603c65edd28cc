using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Fecom.Access.RecordChanges;

/// <summary>
/// Reads from the body of a change what it is about. Only fields that are known to name a thing or to say why are taken: so no
/// password and no key can come in by a field that nobody thought of, and no visitor's id, which a deletion of the visitor has to forget.
/// </summary>
internal static class ChangeDetails
{
    private const int MaxBytes = 1 << 20;
    private const int MaxFields = 40;
    private const int MaxItems = 20;
    private const int MaxText = 200;
    private const int MaxDepth = 6;

    /// <summary>In the forms of the jobs' dashboard: the jobs that are started, queued again or deleted.</summary>
    private const string DashboardJobs = "jobs[]";

    /// <summary>A query, which is kept whole: a part of it says nothing.</summary>
    private const string Statement = "sql";

    private static readonly FrozenSet<string> Known = new[]
    {
        "action",
        "alias",
        "brands",
        "canary_share",
        "categories",
        "cron",
        "enabled",
        "endpoint",
        "expires_at",
        "factor",
        "from",
        "from_at",
        "id",
        "ids",
        "in_stock",
        "metric",
        "model",
        "model_version",
        "name",
        "origins",
        "partitions",
        "paused",
        "position",
        "product_id",
        "products",
        "reason",
        "replaces",
        "role",
        "rule",
        "rules_version",
        "scopes",
        "shadow_share",
        "share",
        "source",
        Statement,
        "to",
        "topic",
        "traffic_share",
        "until_at",
        "version",
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>What the body names, by field; the body can be read again by the call.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> ReadAsync(
        HttpRequest request,
        CancellationToken cancellationToken
    )
    {
        Dictionary<string, string> details = new(StringComparer.Ordinal);
        if (request.HasFormContentType)
        {
            IFormCollection form = await request.ReadFormAsync(cancellationToken);
            if (form.TryGetValue(DashboardJobs, out StringValues jobs))
            {
                details["jobs"] = List([.. jobs.Take(MaxItems).Select(job => job ?? "")], jobs.Count);
            }
        }
        else if (request.HasJsonContentType())
        {
            await ReadJsonAsync(request, details, cancellationToken);
        }

        return details;
    }

    private static async Task ReadJsonAsync(
        HttpRequest request,
        Dictionary<string, string> details,
        CancellationToken cancellationToken
    )
    {
        if (request.ContentLength > MaxBytes)
        {
            details["body"] = string.Create(
                CultureInfo.InvariantCulture,
                $"{request.ContentLength:N0} bytes, too large to be named here"
            );
            return;
        }

        request.EnableBuffering(MaxBytes);
        try
        {
            using JsonDocument body = await JsonDocument.ParseAsync(request.Body, default, cancellationToken);
            Take(body.RootElement, "", details, 0);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The call refuses it, and says why.
        }
        finally
        {
            request.Body.Position = 0;
        }
    }

    private static void Take(JsonElement of, string place, Dictionary<string, string> details, int depth)
    {
        if (of.ValueKind != JsonValueKind.Object || depth > MaxDepth)
        {
            return;
        }

        foreach (JsonProperty field in of.EnumerateObject())
        {
            if (details.Count >= MaxFields)
            {
                return;
            }

            string name = Cut(place.Length == 0 ? field.Name : $"{place}.{field.Name}");
            bool isKnown = Known.Contains(field.Name);
            switch (field.Value.ValueKind)
            {
                // An event is a visitor's.
                case JsonValueKind.Object when field.Name != "event":
                    Take(field.Value, name, details, depth + 1);
                    break;
                case JsonValueKind.Array:
                    TakeList(field.Value, name, isKnown, details, depth);
                    break;
                case JsonValueKind.String
                or JsonValueKind.Number
                or JsonValueKind.True
                or JsonValueKind.False when isKnown:
                    details[name] = Cut(field.Value.ToString(), field.Name == Statement ? MaxBytes : MaxText);
                    break;
                default:
                    break;
            }
        }
    }

    private static void TakeList(
        JsonElement list,
        string name,
        bool isKnown,
        Dictionary<string, string> details,
        int depth
    )
    {
        int count = list.GetArrayLength();
        string[] texts =
        [
            .. list.EnumerateArray()
                .Where(item => item.ValueKind is JsonValueKind.String or JsonValueKind.Number)
                .Take(MaxItems)
                .Select(item => item.ToString()),
        ];
        if (isKnown && texts.Length > 0)
        {
            details[name] = List(texts, count);
        }

        int place = 0;
        foreach (JsonElement item in list.EnumerateArray().Take(MaxItems))
        {
            Take(item, string.Create(CultureInfo.InvariantCulture, $"{name}[{place++}]"), details, depth + 1);
        }
    }

    private static string List(string[] texts, int count) =>
        string.Join(", ", texts.Select(text => Cut(text)))
        + (
            count > texts.Length
                ? string.Create(CultureInfo.InvariantCulture, $" and {count - texts.Length:N0} more")
                : ""
        );

    private static string Cut(string text, int length = MaxText) =>
        (text.Length <= length ? text : $"{text[..length]}…").Replace('\0', ' ');
}
