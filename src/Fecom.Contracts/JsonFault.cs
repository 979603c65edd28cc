using System.Text.Json;

namespace Fecom.Contracts;

/// <summary>Why bytes are not the JSON that an event is made of, in words for whoever sent them.</summary>
public static class JsonFault
{
    /// <summary>How deep objects and arrays may lie in each other.</summary>
    public const int MaxLevels = 64;

    /// <summary>Whether an exception of reading JSON lies in the JSON.</summary>
    public static bool Is(Exception e) => e is JsonException or InvalidOperationException;

    /// <summary>Says what is wrong and where.</summary>
    /// <param name="json">What was read.</param>
    /// <param name="e">What reading it has thrown.</param>
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
