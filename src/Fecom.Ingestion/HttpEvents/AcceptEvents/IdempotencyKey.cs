using Fecom.Ingestion.Shared;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Fecom.Ingestion.HttpEvents.AcceptEvents;

/// <summary>Reads the key by which a repeated call is recognised.</summary>
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
}
