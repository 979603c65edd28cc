namespace Fecom.Learning.Views;

/// <summary>
/// An entity's state as bytes, in PostgreSQL and in Redis: the format's digit, the revision in nineteen digits, then the
/// fields as variable-length numbers and texts. The beginning ascends with the states, compared as text, so that an older
/// state never takes the place of a newer one.
/// </summary>
public static class PackedFeatures
{
    /// <summary>Another digit for another format; greater ones take the place of smaller ones.</summary>
    public const byte Format = (byte)'2';

    /// <summary>Bytes before the fields: format and revision.</summary>
    public const int PrefixLength = 1 + RevisionDigits;

    internal const int RevisionDigits = 19;

    /// <summary>Heads of a text: null, a number in digits, any other text; from <see cref="FirstReference"/> on one that stood before.</summary>
    internal const int NullText = 0;
    internal const int NumberText = 1;
    internal const int NewText = 2;
    internal const int FirstReference = 3;

    /// <summary>The revision of a packed state.</summary>
    /// <exception cref="FormatException">It does not begin as a packed state does.</exception>
    public static long RevisionOf(ReadOnlySpan<byte> packed)
    {
        if (packed.Length < PrefixLength || packed[0] != Format)
        {
            throw new FormatException($"A packed state is not of format {(char)Format}.");
        }

        long revision = 0;
        foreach (byte digit in packed[1..PrefixLength])
        {
            revision =
                digit is >= (byte)'0' and <= (byte)'9' && revision <= (long.MaxValue - (digit - '0')) / 10
                    ? (revision * 10) + (digit - '0')
                    : throw new FormatException("The revision of a packed state is not a number.");
        }

        return revision;
    }
}
