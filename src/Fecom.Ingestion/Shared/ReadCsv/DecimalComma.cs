namespace Fecom.Ingestion.Shared.ReadCsv;

/// <summary>Reads numbers with a decimal comma: <c>35,79</c>, <c>1.234,50</c>, <c>1 234,50</c>, <c>1'234,50</c>.</summary>
internal static class DecimalComma
{
    private const int GroupDigits = 3;

    /// <summary>No-break space, narrow no-break space and the typographic apostrophe in UTF-8.</summary>
    private static readonly byte[][] WideGroupMarks =
    [
        [0xC2, 0xA0],
        [0xE2, 0x80, 0xAF],
        [0xE2, 0x80, 0x99],
    ];

    /// <summary>Writes the number as JSON does.</summary>
    /// <param name="text">The field.</param>
    /// <param name="number">Takes the number; as long as the text.</param>
    /// <param name="length">Bytes written.</param>
    /// <returns>
    /// False when the text has no decimal comma, or its groups are not of three digits.
    /// </returns>
    public static bool TryRead(ReadOnlySpan<byte> text, Span<byte> number, out int length)
    {
        length = 0;
        int comma = text.IndexOf((byte)',');
        if (
            comma <= 0
            || comma == text.Length - 1
            || text[(comma + 1)..].ContainsAnyExceptInRange((byte)'0', (byte)'9')
        )
        {
            return false;
        }

        ReadOnlySpan<byte> whole = text[..comma];
        if (whole[0] == '-')
        {
            number[length++] = (byte)'-';
            whole = whole[1..];
        }

        if (!TryReadWhole(whole, number, ref length))
        {
            return false;
        }

        number[length++] = (byte)'.';
        text[(comma + 1)..].CopyTo(number[length..]);
        length += text.Length - comma - 1;
        return true;
    }

    /// <summary>
    /// Whether a number with a point, such as <c>1.234</c>, may mean 1234: where commas are decimal, only
    /// the shop knows, and a price that is wrong by a factor of a thousand is worse than one that is refused.
    /// </summary>
    public static bool MayBeGrouped(ReadOnlySpan<byte> number)
    {
        int point = number.IndexOf((byte)'.');
        ReadOnlySpan<byte> whole = number[..Math.Max(point, 0)].TrimStart((byte)'-');
        return whole.Length is > 0 and <= GroupDigits && whole[0] != '0' && number.Length - point - 1 == GroupDigits;
    }

    private static bool TryReadWhole(ReadOnlySpan<byte> whole, Span<byte> number, ref int length)
    {
        ReadOnlySpan<byte> mark = default;
        int inGroup = 0;
        int from = length;
        while (!whole.IsEmpty)
        {
            if (whole[0] is >= (byte)'0' and <= (byte)'9')
            {
                number[length++] = whole[0];
                whole = whole[1..];
                inGroup++;
                continue;
            }

            ReadOnlySpan<byte> next = MarkAt(whole);
            bool fits =
                !next.IsEmpty
                && (
                    mark.IsEmpty
                        ? inGroup is > 0 and <= GroupDigits
                        : next.SequenceEqual(mark) && inGroup == GroupDigits
                );
            if (!fits)
            {
                return false;
            }

            mark = next;
            whole = whole[next.Length..];
            inGroup = 0;
        }

        bool leadingZero = number[from] == '0' && length - from > 1;
        return length > from && !leadingZero && (mark.IsEmpty || inGroup == GroupDigits);
    }

    /// <summary>The group separator at the beginning of the text; empty when there is none.</summary>
    private static ReadOnlySpan<byte> MarkAt(ReadOnlySpan<byte> text)
    {
        if (text[0] is (byte)'.' or (byte)' ' or (byte)'\'')
        {
            return text[..1];
        }

        foreach (byte[] mark in WideGroupMarks)
        {
            if (text.StartsWith(mark))
            {
                return text[..mark.Length];
            }
        }

        return default;
    }
}
