using System.Net;
using System.Text.Json;

namespace Fecom.WebConsole.Requests;

/// <summary>A call that was not answered as hoped, in the words that a person gets to see.</summary>
internal sealed class ApiException(string message, HttpStatusCode? status = null, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>The status of the answer; null when there was none.</summary>
    public HttpStatusCode? Status { get; } = status;

    /// <summary>Reads a problem document: its detail, then what is wrong with each field.</summary>
    public static ApiException Of(HttpStatusCode status, string body)
    {
        try
        {
            using JsonDocument problem = JsonDocument.Parse(body);
            string[] words =
            [
                .. new[] { Text(problem.RootElement, "detail") ?? Text(problem.RootElement, "title") }.OfType<string>(),
                .. Errors(problem.RootElement),
            ];
            return new ApiException(words.Length == 0 ? $"HTTP {(int)status}" : string.Join(" ", words), status);
        }
        catch (JsonException e)
        {
            return new ApiException($"HTTP {(int)status}", status, e);
        }
    }

    private static string? Text(JsonElement of, string name) =>
        of.ValueKind == JsonValueKind.Object
        && of.TryGetProperty(name, out JsonElement value)
        && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static IEnumerable<string> Errors(JsonElement problem) =>
        problem.ValueKind == JsonValueKind.Object
        && problem.TryGetProperty("errors", out JsonElement errors)
        && errors.ValueKind == JsonValueKind.Object
            ? errors
                .EnumerateObject()
                .Where(field => field.Value.ValueKind == JsonValueKind.Array)
                .SelectMany(field => field.Value.EnumerateArray().Select(message => $"{field.Name}: {message}"))
            : [];
}
