using System.Text;
using System.Text.Unicode;

namespace Fecom.Validation.BrowseInvalidEvents;

/// <summary>An event's bytes: as text when they are UTF-8, otherwise base64.</summary>
/// <param name="Size">How many bytes.</param>
/// <param name="Text">The text; null when the bytes are no UTF-8.</param>
/// <param name="Base64">The bytes; null when there is a text.</param>
internal sealed record EventBytes(int Size, string? Text, string? Base64)
{
    public static EventBytes Of(byte[] bytes) =>
        Utf8.IsValid(bytes)
            ? new(bytes.Length, Encoding.UTF8.GetString(bytes), null)
            : new(bytes.Length, null, Convert.ToBase64String(bytes));

    /// <summary>The readable part of bytes that may end in the middle of a character, and may not be text at all.</summary>
    public static string Excerpt(byte[] bytes) => Encoding.UTF8.GetString(bytes).TrimEnd('\uFFFD');
}
