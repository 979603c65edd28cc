using System.Security.Cryptography;
using System.Text;
using Fecom.Ingestion.Shared;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Fecom.Ingestion.HttpEvents.AcceptEvents;

/// <summary>The key by which a repeated call is recognised.</summary>
internal static class IdempotencyKey
{
    public const int MaxLength = 255;

    /// <summary>The call's key; null when it has none.</summary>
    /// <exception cref="BodyRefusedException">It cannot be one.</exception>
    public static string? Of(HttpRequest request)
    {
        StringValues values = request.Headers[IdempotencyHeader.Name];
        if (values.Count == 0)
        {
            return null;
        }

        string key = values.ToString();
        return values.Count == 1 && key.Length is > 0 and <= MaxLength && key.All(c => c is > ' ' and <= '~')
            ? key
            : throw new BodyRefusedException(
                StatusCodes.Status400BadRequest,
                $"{IdempotencyHeader.Name} is one text of 1 to {MaxLength} printable ASCII characters without blanks, such as a UUID."
            );
    }

    /// <summary>An id for an event without one, in a call with a key: the same for the same event at the same place of the repeated call.</summary>
    public static Guid EventId(string key, int index, ReadOnlySpan<byte> json)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"call:{key.Length}:{key}:{index}:"));
        hash.AppendData(json);
        return new Guid(hash.GetHashAndReset().AsSpan(0, 16), bigEndian: true);
    }
}
