using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Fecom.Access.KnowCallers;

/// <summary>An API key as its owner has it: <c>fk_ID_SECRET</c>, or <c>pk_ID_SECRET</c> when it is publishable.</summary>
internal static class ApiKeyText
{
    /// <summary>What a secret key begins with.</summary>
    public const string Secret = "fk_";

    /// <summary>What a publishable key begins with.</summary>
    public const string Publishable = "pk_";

    private const int SecretBytes = 32;
    private const int SecretLetters = SecretBytes * 2;

    /// <summary>Makes a secret of 256 bits.</summary>
    public static string NewSecret() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretBytes));

    /// <summary>The key for its owner.</summary>
    public static string Write(long id, string secret, bool publishable) =>
        string.Create(CultureInfo.InvariantCulture, $"{(publishable ? Publishable : Secret)}{id}_{secret}");

    /// <summary>What is kept of a secret. It is drawn from 2^256, so that no slower hash would protect it better.</summary>
    public static byte[] Hash(ReadOnlySpan<char> secret)
    {
        Span<byte> text = stackalloc byte[SecretLetters];
        return SHA256.HashData(text[..Encoding.ASCII.GetBytes(secret, text)]);
    }

    /// <summary>Takes a key apart; false when it cannot be one.</summary>
    public static bool TryRead(string key, out long id, out ReadOnlySpan<char> secret, out bool publishable)
    {
        secret = default;
        id = 0;
        publishable = key.StartsWith(Publishable, StringComparison.Ordinal);
        if (!publishable && !key.StartsWith(Secret, StringComparison.Ordinal))
        {
            return false;
        }

        ReadOnlySpan<char> rest = key.AsSpan(Secret.Length);
        int end = rest.IndexOf('_');
        if (
            end < 1
            || rest.Length - end - 1 != SecretLetters
            || !long.TryParse(rest[..end], NumberStyles.None, CultureInfo.InvariantCulture, out id)
        )
        {
            return false;
        }

        secret = rest[(end + 1)..];
        return !secret.ContainsAnyExcept("0123456789abcdef");
    }
}
