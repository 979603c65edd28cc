using System.Text;
using System.Text.Json;

namespace Fecom.Contracts;

/// <summary>Texts that repeat from event to event (brands, categories, products, sources) as one string each: a small cache a thread.</summary>
public static class SharedText
{
    private const int Slots = 4_096;
    private const int MaxTextLength = 64;

    [ThreadStatic]
    private static (byte[] Utf8, string Text)[]? _cache;

    /// <summary>The text of the JSON string at which the reader stands; null when that is JSON's null.</summary>
    /// <exception cref="FormatException">It is neither.</exception>
    public static string? Read(ref Utf8JsonReader reader) =>
        reader.TokenType switch
        {
            JsonTokenType.Null => null,
            JsonTokenType.String when reader.ValueIsEscaped => reader.GetString(),
            JsonTokenType.String => Get(reader.ValueSpan),
            _ => throw new FormatException("It is not a string."),
        };

    /// <summary>The text of UTF-8 bytes without escapes.</summary>
    public static string Get(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length is 0 or > MaxTextLength)
        {
            return Encoding.UTF8.GetString(utf8);
        }

        _cache ??= new (byte[], string)[Slots];
        HashCode hash = default;
        hash.AddBytes(utf8);
        ref (byte[] Utf8, string Text) slot = ref _cache[hash.ToHashCode() & (Slots - 1)];
        if (slot.Utf8 is null || !utf8.SequenceEqual(slot.Utf8))
        {
            slot = (utf8.ToArray(), Encoding.UTF8.GetString(utf8));
        }

        return slot.Text;
    }
}
