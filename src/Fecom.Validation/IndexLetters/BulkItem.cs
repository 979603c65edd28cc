using System.Runtime.InteropServices;
using System.Text.Json;

namespace Fecom.Validation.IndexLetters;

/// <summary>What became of one document.</summary>
/// <param name="Status">As HTTP's.</param>
/// <param name="Reason">Why it was not taken; null when it was.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct BulkItem(int Status, string? Reason)
{
    private const int LongestReason = 1_000;

    /// <summary>The index has it; 409 says that it had it before.</summary>
    public bool Taken => Status is (>= 200 and < 300) or 409;

    /// <summary>
    /// The document itself is at fault, so it fails each time. A missing index, a right that is missing (403 also is a full
    /// disk's), too many requests and the server's own errors can pass.
    /// </summary>
    public bool Lost => !Taken && Status is >= 400 and < 500 and not (401 or 403 or 404 or 408 or 429);

    /// <exception cref="JsonException">It is no answer of the bulk API to so many documents.</exception>
    /// <exception cref="InvalidOperationException">Nor is this.</exception>
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
            return new BulkItem(status, null);
        }

        string reason = error.ValueKind == JsonValueKind.Object ? $"{Text(error, "type")}: {Text(error, "reason")}" : error.ToString();
        return new BulkItem(status, reason[..Math.Min(reason.Length, LongestReason)].Replace('\0', ' '));
    }

    private static JsonElement Field(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement field) ? field : throw new JsonException($"'{name}' is missing");

    private static string Text(JsonElement error, string name) => error.TryGetProperty(name, out JsonElement text) ? text.ToString() : "";
}
