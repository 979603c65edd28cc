using System.Runtime.InteropServices;
using System.Text.Json;

namespace Fecom.Validation.IndexInvalidEvents;

/// <summary>The outcome of one document.</summary>
/// <param name="Status">As HTTP's.</param>
/// <param name="Type">The type of its error; empty when it has none.</param>
/// <param name="Reason">Why it was not taken; null when it was.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct BulkItem(int Status, string Type, string? Reason)
{
    private const int MaxReasonLength = 1_000;

    /// <summary>The index has it; 409 says that it had it before.</summary>
    public bool Taken => Status is (>= 200 and < 300) or 409;

    /// <summary>
    /// Whether the document itself is at fault and fails each time, because its fields do not fit the index's mapping. A closed index,
    /// one without room for another shard, or a data stream gives 400 as well, but for every document: so any
    /// other 400 is the document's fault only if its index took others of the same request.
    /// </summary>
    /// <param name="indexTakes">Whether the index took a document of the same request.</param>
    public bool IsLost(bool indexTakes) =>
        Status is 400 or 413 or 422
        && (
            indexTakes
            || Type
                is "mapper_parsing_exception"
                    or "document_parsing_exception"
                    or "strict_dynamic_mapping_exception"
                    or "parsing_exception"
                    or "x_content_parse_exception"
        );

    /// <exception cref="JsonException">The body is not an answer of the bulk API with so many documents.</exception>
    /// <exception cref="InvalidOperationException">The same.</exception>
    public static IReadOnlyList<BulkItem> Read(ReadOnlyMemory<byte> answer, int count)
    {
        using JsonDocument document = JsonDocument.Parse(answer);
        JsonElement items = Field(document.RootElement, "items");
        if (items.GetArrayLength() != count)
        {
            throw new JsonException($"it speaks of {items.GetArrayLength()} documents, {count} were sent");
        }

        return [.. items.EnumerateArray().Select(item => Read(item.EnumerateObject().First().Value))];
    }

    private static BulkItem Read(JsonElement item)
    {
        int status = Field(item, "status").GetInt32();
        if (!item.TryGetProperty("error", out JsonElement error))
        {
            return new BulkItem(status, "", null);
        }

        (string type, string reason) = Error(error);
        return new BulkItem(status, type, reason);
    }

    /// <summary>The error of an answer that is no bulk's; empty when it has none.</summary>
    public static (string Type, string Reason) Error(byte[] answer)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(answer);
            return
                document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("error", out JsonElement error)
                ? Error(error)
                : ("", "");
        }
        catch (JsonException)
        {
            // A proxy's HTML page has no useful reason.
            return ("", "");
        }
    }

    private static (string Type, string Reason) Error(JsonElement error)
    {
        string type = error.ValueKind == JsonValueKind.Object ? Text(error, "type") : "";
        string reason = error.ValueKind == JsonValueKind.Object ? $"{type}: {Text(error, "reason")}" : error.ToString();
        return (type, reason[..Math.Min(reason.Length, MaxReasonLength)].Replace('\0', ' '));
    }

    private static JsonElement Field(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement field) ? field : throw new JsonException($"'{name}' is missing");

    private static string Text(JsonElement error, string name) =>
        error.TryGetProperty(name, out JsonElement text) ? text.ToString() : "";
}
