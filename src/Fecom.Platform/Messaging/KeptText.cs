using System.Text;

namespace Fecom.Platform.Messaging;

/// <summary>Cleans text of unknown origin, such as an exception that quotes a message, so that every store accepts it.</summary>
internal static class KeptText
{
    /// <summary>The text up to a length, with U+FFFD for what PostgreSQL and JSON do not accept: U+0000 and unpaired surrogates.</summary>
    public static string Of(string text, int max)
    {
        string bounded = text.Length <= max ? text : text[..max];
        // Encoding replaces unpaired surrogates; other text comes back unchanged.
        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(bounded)).Replace('\0', '\uFFFD');
    }
}
