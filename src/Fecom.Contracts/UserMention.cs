using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Fecom.Contracts;

/// <summary>Tells whether a message is about a user, whatever shape it has and however broken it is.</summary>
public sealed class UserMention
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    private readonly Regex _field;
    private readonly string _userId;

    /// <param name="userId">The user.</param>
    public UserMention(string userId)
    {
        _userId = userId;
        // An integer id and the text of its digits are the same id; a JSON text may have any of its characters escaped.
        string plain = Regex.Escape(userId);
        string spelled = string.Concat(userId.Select(AnySpelling));
        _field = new Regex(
            $"""\\?"(?i:user_id|subscriber_id)\\?"\s*:\s*(\\?"{spelled}\\?"|{plain}(?![\w.\-]))""",
            RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
            Timeout
        );
    }

    /// <summary>Whether the message's key is the user's id, or its text names the user as one.</summary>
    /// <param name="key">The message's key, UTF-8; empty where there is none.</param>
    /// <param name="text">The message, UTF-8 as far as it is.</param>
    public bool IsIn(ReadOnlySpan<byte> key, ReadOnlySpan<byte> text) =>
        Encoding.UTF8.GetString(key) == _userId || IsIn(text);

    /// <summary>Whether a text names the user as one.</summary>
    /// <param name="text">JSON, UTF-8 as far as it is.</param>
    public bool IsIn(ReadOnlySpan<byte> text)
    {
        foreach (ValueMatch match in _field.EnumerateMatches(Encoding.UTF8.GetString(text)))
        {
            return match.Length > 0;
        }

        return false;
    }

    /// <summary>A pattern of a character as it is, or escaped in JSON; in JSON that is a text within JSON, the backslash is escaped too.</summary>
    private static string AnySpelling(char character)
    {
        string plain = Regex.Escape(character.ToString());
        string code = ((int)character).ToString("x4", CultureInfo.InvariantCulture);
        string shortly = character is '"' or '\\' or '/' ? $"|{plain}" : "";
        return $@"({plain}|\\{{1,3}}(u(?i:{code}){shortly}))";
    }
}
