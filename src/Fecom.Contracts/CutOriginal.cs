using System.Security.Cryptography;

namespace Fecom.Contracts;

/// <summary>What a message was whose bytes are too many to be kept: only the first of them are there.</summary>
public sealed record CutOriginal
{
    /// <summary>Most bytes of an event that are kept with it when it is refused: whatever a producer may send by Kafka's defaults fits.</summary>
    /// <remarks>In base64, and as a dead letter in base64 once more, it still fits into one message.</remarks>
    public const int MaxEventBytes = 1_000_000;

    /// <summary>Most bytes of a message that its dead letter keeps.</summary>
    public const int MaxDeadLetterBytes = 1_400_000;

    /// <summary>Most bytes of a message's key that its dead letter keeps.</summary>
    public const int MaxKeyBytes = 32 * 1024;

    /// <summary>Bytes of the whole message.</summary>
    public required int Length { get; init; }

    /// <summary>SHA-256 of the whole message, lower-case hexadecimal.</summary>
    public required string Sha256 { get; init; }

    /// <summary>The bytes to keep of a message, and what it was when that is not all of them.</summary>
    public static (byte[] Kept, CutOriginal? Cut) Keep(byte[] whole, int max) =>
        whole.Length <= max ? (whole, null) : (whole[..End(whole, max)], Of(whole));

    /// <summary>What a message was that is kept in part.</summary>
    public static CutOriginal Of(byte[] whole) =>
        new() { Length = whole.Length, Sha256 = Convert.ToHexStringLower(SHA256.HashData(whole)) };

    /// <summary>Not within a character of UTF-8, so that what was text can still be read.</summary>
    private static int End(byte[] whole, int max)
    {
        int end = max;
        while (end > max - 3 && (whole[end] & 0xC0) == 0x80)
        {
            end--;
        }

        return end;
    }
}
