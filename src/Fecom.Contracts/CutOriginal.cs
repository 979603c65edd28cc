using System.Security.Cryptography;

namespace Fecom.Contracts;

/// <summary>Describes a message that was too long to be kept whole: only its first bytes are kept.</summary>
public sealed record CutOriginal
{
    /// <summary>Maximum bytes that are kept of an invalid event: as much as a producer may send with Kafka's defaults.</summary>
    /// <remarks>In base64, and as a dead letter in base64 once more, it still fits into one message.</remarks>
    public const int MaxEventBytes = 1_000_000;

    /// <summary>The maximum number of bytes of a message that its dead letter keeps.</summary>
    public const int MaxDeadLetterBytes = 1_400_000;

    /// <summary>The maximum number of bytes of a message's key that its dead letter keeps.</summary>
    public const int MaxKeyBytes = 32 * 1024;

    /// <summary>Bytes of the whole message.</summary>
    public required int Length { get; init; }

    /// <summary>SHA-256 of the whole message, lower-case hexadecimal.</summary>
    public required string Sha256 { get; init; }

    /// <summary>The bytes to keep of a message, and the description of the whole when they are not all of it.</summary>
    public static (byte[] Kept, CutOriginal? Cut) Keep(byte[] whole, int max) =>
        whole.Length <= max ? (whole, null) : (whole[..End(whole, max)], Of(whole));

    /// <summary>Describes a message of which only a part is kept.</summary>
    public static CutOriginal Of(byte[] whole) =>
        new() { Length = whole.Length, Sha256 = Convert.ToHexStringLower(SHA256.HashData(whole)) };

    /// <summary>Where to cut: never within a UTF-8 character, so that text stays readable.</summary>
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
