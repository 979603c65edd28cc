namespace Fecom.Ingestion.Shared.ReadCsv;

/// <summary>Decides whether a field can be written as a JSON number or must be a string.</summary>
internal static class JsonNumber
{
    /// <summary>Whether the text is a number as JSON writes it.</summary>
    public static bool Is(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty || value[0] is not ((byte)'-' or (>= (byte)'0' and <= (byte)'9')))
        {
            return false;
        }

        int at = value[0] == '-' ? 1 : 0;
        int whole = Digits(value, ref at);
        bool valid = whole == 1 || (whole > 1 && value[at - whole] != '0');
        if (valid && at < value.Length && value[at] == '.')
        {
            at++;
            valid = Digits(value, ref at) > 0;
        }

        if (valid && at < value.Length && value[at] is (byte)'e' or (byte)'E')
        {
            at += at + 1 < value.Length && value[at + 1] is (byte)'+' or (byte)'-' ? 2 : 1;
            valid = Digits(value, ref at) > 0;
        }

        return valid && at == value.Length;
    }

    private static int Digits(ReadOnlySpan<byte> value, ref int at)
    {
        int from = at;
        while (at < value.Length && char.IsAsciiDigit((char)value[at]))
        {
            at++;
        }

        return at - from;
    }
}
