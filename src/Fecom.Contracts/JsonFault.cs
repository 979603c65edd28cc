using System.Text.Json;

namespace Fecom.Contracts;

/// <summary>Explains to a sender why its bytes are not an event's JSON.</summary>
public static class JsonFault
{
    /// <summary>Maximum nesting of objects and arrays.</summary>
    public const int MaxLevels = 64;

    /// <summary>Whether an exception means that the JSON is malformed.</summary>
    public static bool Is(Exception e) => e is JsonException or InvalidOperationException;

    /// <summary>Says what is wrong and where.</summary>
    /// <param name="json">The bytes that were read.</param>
    /// <param name="e">The exception that reading them threw.</param>
    public static string Describe(ReadOnlySpan<byte> json, Exception e)
    {
        if (e is not JsonException wrong)
        {
            return "not JSON: a text in it has bytes that are no UTF-8, or half of a surrogate pair";
        }

        return IsWellFormed(json)
            ? $"objects and arrays lie in each other more than {MaxLevels} levels deep"
            : $"not JSON: it cannot be read on from line {wrong.LineNumber + 1}, byte {wrong.BytePositionInLine + 1}";
    }

    /// <summary>Whether it is JSON but for its depth.</summary>
    private static bool IsWellFormed(ReadOnlySpan<byte> json)
    {
        try
        {
            Utf8JsonReader reader = new(json, new JsonReaderOptions { MaxDepth = int.MaxValue });
            while (reader.Read()) { }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
