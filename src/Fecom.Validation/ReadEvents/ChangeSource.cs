using System.Text.Json;

namespace Fecom.Validation.ReadEvents;

/// <summary>The <c>source</c> of a change: its table, and, where Fecom captured it, the row's primary key.</summary>
/// <param name="Table">As <c>schema.table</c>; null when it does not say.</param>
/// <param name="Key">Place of the key in the source's JSON; null when there is none.</param>
/// <param name="HasOldKey">Whether the row had another key before.</param>
internal readonly record struct ChangeSource(string? Table, Range? Key, bool HasOldKey)
{
    public static ChangeSource Read(ReadOnlySpan<byte> json)
    {
        Utf8JsonReader reader = new(json);
        (string? schema, string? table, Range? key, bool oldKey) = (null, null, null, false);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("schema"u8))
            {
                schema = Word(ref reader);
            }
            else if (reader.ValueTextEquals("table"u8))
            {
                table = Word(ref reader);
            }
            else if (reader.ValueTextEquals("key"u8))
            {
                reader.Read();
                int start = (int)reader.TokenStartIndex;
                bool isObject = reader.TokenType == JsonTokenType.StartObject;
                reader.Skip();
                key = isObject ? start..(int)reader.BytesConsumed : null;
            }
            else if (reader.ValueTextEquals("old_key"u8))
            {
                reader.Skip();
                oldKey = true;
            }
            else
            {
                reader.Skip();
            }
        }

        return new ChangeSource(table is null ? null : $"{schema ?? "public"}.{table}", key, oldKey);
    }

    private static string? Word(ref Utf8JsonReader reader)
    {
        reader.Read();
        string? word = reader.TokenType == JsonTokenType.String ? Contracts.SharedText.Get(reader.ValueSpan) : null;
        reader.Skip();
        return word;
    }
}
