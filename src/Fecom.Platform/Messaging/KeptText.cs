using System.Text;

namespace Fecom.Platform.Messaging;

/// <summary>Text of unknown origin, such as an exception's that quotes a message, as every store takes it.</summary>
internal static class KeptText
{
    /// <summary>The text up to a length, with U+FFFD for what PostgreSQL and JSON do not take: zero characters and halves of surrogate pairs.</summary>
    public static string Of(string text, int max)
    {
        string bounded = text.Length <= max ? text : text[..max];
        // Encoding replaces a half of a pair; text that has none comes back as it was.
        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(bounded)).Replace('\0', '\uFFFD');
    }
}
