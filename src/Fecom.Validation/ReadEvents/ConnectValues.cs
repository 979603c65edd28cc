using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace Fecom.Validation.ReadEvents;

/// <summary>Values as Kafka Connect and Debezium write them in JSON.</summary>
internal static class ConnectValues
{
    /// <summary>Days reach this in the year 4707; milliseconds do a quarter of an hour after 1970 began, long before the oldest event.</summary>
    private const long FirstMilliseconds = 1_000_000;

    /// <summary>Milliseconds reach this in the year 5138; microseconds do in 1973, long before the oldest event.</summary>
    private const long FirstMicroseconds = 100_000_000_000_000;

    /// <summary>Microseconds reach this in the year 5138; nanoseconds do in 1973.</summary>
    private const long FirstNanoseconds = 100_000_000_000_000_000;

    /// <summary>More than any decimal that a price or an id could be.</summary>
    private const int MaxDecimalLength = 64;

    /// <summary>Whole numbers up to here are exact in a double, as which a connector may write them.</summary>
    private const decimal LargestExact = 9_007_199_254_740_992;

    private const long MicrosecondsADay = 86_400_000_000;

    /// <summary>The time that a whole number since 1970 means, UTC to the microsecond; without a form its size tells the unit. Null for any other number.</summary>
    public static DateTime? Time(string number, ConnectForm? form = null)
    {
        if (!long.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value))
        {
            return null;
        }

        Int128 microseconds = (form ?? Unit(value)) switch
        {
            ConnectForm.Days => (Int128)value * MicrosecondsADay,
            ConnectForm.Nanoseconds => value / 1_000,
            ConnectForm.Microseconds => value,
            _ => (Int128)value * 1_000,
        };
        Int128 ticks = DateTime.UnixEpoch.Ticks + (microseconds * TimeSpan.TicksPerMicrosecond);
        return ticks < 0 || ticks > DateTime.MaxValue.Ticks ? null : new DateTime((long)ticks, DateTimeKind.Utc);
    }

    /// <summary>Whether a whole number is too small for any time of day that an event could have: it counts days.</summary>
    public static bool IsDays(string number) =>
        long.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value)
        && value is > -FirstMilliseconds and < FirstMilliseconds;

    /// <summary>The number that a decimal's unscaled bytes (base64, big-endian, two's complement) mean; null when they are none.</summary>
    public static string? Number(string? base64, int scale)
    {
        Span<byte> bytes = stackalloc byte[MaxDecimalLength];
        if (
            base64 is not { Length: > 0 and <= MaxDecimalLength }
            || !Convert.TryFromBase64String(base64, bytes, out int length)
            || length == 0
        )
        {
            return null;
        }

        return Number(bytes[..length], scale);
    }

    /// <summary>The number that a decimal's unscaled bytes (big-endian, two's complement) mean; null when they are none or too many.</summary>
    public static string? Number(ReadOnlySpan<byte> bytes, int scale)
    {
        if (bytes.IsEmpty || bytes.Length > MaxDecimalLength)
        {
            return null;
        }

        BigInteger unscaled = new(bytes, isUnsigned: false, isBigEndian: true);
        if (scale < 0)
        {
            (unscaled, scale) = (unscaled * BigInteger.Pow(10, -scale), 0);
        }

        string digits = BigInteger.Abs(unscaled).ToString(CultureInfo.InvariantCulture).PadLeft(scale + 1, '0');
        string sign = unscaled.Sign < 0 ? "-" : "";
        return scale == 0 ? sign + digits : $"{sign}{digits[..^scale]}.{digits[^scale..]}";
    }

    /// <summary>Reads <c>io.debezium.data.VariableScaleDecimal</c>, <c>{"scale":2,"value":"…"}</c>, and leaves the reader at its end.</summary>
    /// <returns>Null when the object is anything else.</returns>
    public static string? VariableScaleDecimal(ref Utf8JsonReader reader)
    {
        int depth = reader.CurrentDepth;
        (int? scale, string? base64, bool other) = (null, null, false);
        while (reader.Read() && reader.CurrentDepth > depth)
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("scale"u8))
            {
                reader.Read();
                scale =
                    reader.TokenType == JsonTokenType.Number
                    && reader.TryGetInt32(out int digits)
                    && digits is >= -MaxDecimalLength and <= MaxDecimalLength
                        ? digits
                        : null;
            }
            else if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("value"u8))
            {
                reader.Read();
                base64 = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
            }
            else
            {
                other = true;
            }
        }

        return other || scale is null ? null : Number(base64, scale.Value);
    }

    /// <summary>The whole number that a number with a point or an exponent is, such as 42 of <c>42.0</c>; null for any other.</summary>
    public static string? Whole(string number) =>
        decimal.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal value)
        && Math.Abs(value) <= LargestExact
        && decimal.Truncate(value) == value
            ? decimal.Truncate(value).ToString(CultureInfo.InvariantCulture)
            : null;

    /// <summary>
    /// Whether a text may be a decimal's unscaled bytes: base64 of the shortest two's complement, as Java writes a number. Text
    /// such as <c>1234</c> is that too; which of the two it is, only a schema tells.
    /// </summary>
    public static bool MayBeUnscaled(string text)
    {
        Span<byte> bytes = stackalloc byte[MaxDecimalLength];
        return text is not "Infinity"
            && text.Length is > 0 and <= MaxDecimalLength
            && Convert.TryFromBase64String(text, bytes, out int length)
            && text.Length == (length + 2) / 3 * 4
            && (
                length == 1
                || (length > 1 && !(bytes[0] == 0 && bytes[1] < 0x80) && !(bytes[0] == 0xff && bytes[1] >= 0x80))
            );
    }

    /// <summary>
    /// Whether a text that stands for an id is surely a decimal's unscaled bytes. Ids of a shop may be any text, and many of 4, 8
    /// or 12 characters would pass as base64: so only padding tells it, or the form that whole numbers beyond 64 bits have, for
    /// which a shop chooses <c>numeric(20)</c>.
    /// </summary>
    public static bool IsUnscaledId(string text) =>
        (
            text[^1] == '='
            || (
                text.Length == 12 && text[0] == 'A' && text[1] is >= 'I' and <= 'P' && text.Any(char.IsAsciiLetterLower)
            )
        ) && MayBeUnscaled(text);

    private static ConnectForm Unit(long value) =>
        value is > -FirstMicroseconds and < FirstMicroseconds ? ConnectForm.Milliseconds
        : value is > -FirstNanoseconds and < FirstNanoseconds ? ConnectForm.Microseconds
        : ConnectForm.Nanoseconds;
}
