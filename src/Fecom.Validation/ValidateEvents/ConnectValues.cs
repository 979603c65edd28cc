using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace Fecom.Validation.ValidateEvents;

/// <summary>Values as Kafka Connect and Debezium write them in JSON.</summary>
internal static class ConnectValues
{
    /// <summary>Milliseconds reach this in the year 5138; microseconds do in 1973, long before the oldest event.</summary>
    private const long FirstMicroseconds = 100_000_000_000_000;

    /// <summary>Microseconds reach this in the year 5138; nanoseconds do in 1973.</summary>
    private const long FirstNanoseconds = 100_000_000_000_000_000;

    /// <summary>More than any decimal that a price or an id could be.</summary>
    private const int LongestDecimal = 64;

    /// <summary>The time that a whole number since 1970 means, UTC to the microsecond; without a form its size tells the unit. Null for any other number.</summary>
    public static DateTime? Time(string number, ConnectForm? form = null)
    {
        if (!long.TryParse(number, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value))
        {
            return null;
        }

        Int128 microseconds = (form ?? Unit(value)) switch
        {
            ConnectForm.Nanoseconds => value / 1_000,
            ConnectForm.Microseconds => value,
            _ => (Int128)value * 1_000,
        };
        Int128 ticks = DateTime.UnixEpoch.Ticks + (microseconds * TimeSpan.TicksPerMicrosecond);
        return ticks < 0 || ticks > DateTime.MaxValue.Ticks ? null : new DateTime((long)ticks, DateTimeKind.Utc);
    }

    /// <summary>The number that a decimal's unscaled bytes (base64, big-endian, two's complement) mean; null when they are none.</summary>
    public static string? Number(string? base64, int scale)
    {
        Span<byte> bytes = stackalloc byte[LongestDecimal];
        if (base64 is not { Length: > 0 and <= LongestDecimal } || !Convert.TryFromBase64String(base64, bytes, out int length) || length == 0)
        {
            return null;
        }

        BigInteger unscaled = new(bytes[..length], isUnsigned: false, isBigEndian: true);
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
                scale = reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out int digits) && digits is >= 0 and <= LongestDecimal ? digits : null;
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

    private static ConnectForm Unit(long value) =>
        value is > -FirstMicroseconds and < FirstMicroseconds ? ConnectForm.Milliseconds
        : value is > -FirstNanoseconds and < FirstNanoseconds ? ConnectForm.Microseconds
        : ConnectForm.Nanoseconds;
}
