using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fecom.Serving;

/// <summary>Ids in requests: an integer or a string; both spellings of a number are one id.</summary>
internal static class OpaqueId
{
    public const string Expected = "is neither an integer nor a string of 1 to 64 printable characters";

    private const int Longest = 64;

    public static bool IsValid(string id)
    {
        bool isVisible = false;
        foreach (char c in id)
        {
            if (char.IsControl(c))
            {
                return false;
            }

            isVisible |= !char.IsWhiteSpace(c);
        }

        return isVisible && id.Length <= Longest;
    }
}

/// <summary>Reads an id. What is neither an integer nor a string is read as the empty text, so that the check that follows can say where it stands.</summary>
internal sealed class OpaqueIdConverter : JsonConverter<string>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return reader.GetString();
            case JsonTokenType.Number:
                // A body comes in pieces, and a number may lie across two of them.
                ReadOnlySpan<byte> number = reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan;
                return number.ContainsAny(".eE"u8) ? "" : Encoding.UTF8.GetString(number);
            default:
                reader.Skip();
                return "";
        }
    }

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
}
