using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Fecom.Contracts;

namespace Fecom.Ingestion.HttpEvents.AcceptEvents;

/// <summary>Reads single fields of an event's JSON that has the right shape. Of a duplicate field the last one counts.</summary>
internal static class EventFields
{
    /// <summary>The client's own id, if the event has one.</summary>
    public static Guid? ClientId(ReadOnlySpan<byte> json) =>
        json.IndexOf("event_id"u8) >= 0 && Text(json, "event_id"u8) is { Length: > 0 } id
            ? EventId.FromClient(id)
            : null;

    /// <summary>An id for an event without one, in a call with an idempotency key: the same for the same event at the same place of the repeated call.</summary>
    public static Guid CallId(string key, int index, ReadOnlySpan<byte> json)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"call:{key.Length}:{key}:{index}:"));
        hash.AppendData(json);
        return new Guid(hash.GetHashAndReset().AsSpan(0, 16), bigEndian: true);
    }

    /// <summary>Whether the event is marked as an updated or deleted row of a database, as a connector that unwraps changes does.</summary>
    public static bool IsRemovedRow(ReadOnlySpan<byte> json) =>
        (json.IndexOf("__deleted"u8) >= 0 && TryText(json, "__deleted"u8) == "true")
        || (json.IndexOf("__op"u8) >= 0 && TryText(json, "__op"u8) is "u" or "d" or "t" or "m");

    /// <summary>The user's id as the text that events are keyed by.</summary>
    public static string? UserId(ReadOnlySpan<byte> json) => Text(json, "user_id"u8);

    /// <summary>The same for bytes that may not be JSON.</summary>
    private static string? TryText(ReadOnlySpan<byte> json, ReadOnlySpan<byte> name)
    {
        try
        {
            return Text(json, name);
        }
        catch (Exception e) when (JsonFault.Is(e))
        {
            return null;
        }
    }

    private static string? Text(ReadOnlySpan<byte> json, ReadOnlySpan<byte> name)
    {
        string? text = null;
        Utf8JsonReader reader = new(json);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool wanted = reader.ValueTextEquals(name);
            reader.Read();
            if (wanted)
            {
                text = reader.TokenType switch
                {
                    JsonTokenType.String => reader.GetString(),
                    JsonTokenType.True => "true",
                    JsonTokenType.False => "false",
                    JsonTokenType.Number => Encoding.UTF8.GetString(reader.ValueSpan),
                    _ => null,
                };
            }

            reader.Skip();
        }

        return text;
    }
}
