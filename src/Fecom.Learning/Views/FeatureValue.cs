using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Fecom.Learning.Views;

/// <summary>A feature's value: missing, a text, a whole number, a number, a moment, or a list of texts.</summary>
[StructLayout(LayoutKind.Explicit)]
public readonly struct FeatureValue : IEquatable<FeatureValue>
{
    /// <summary>Dividing by one with this scale drops the trailing zeros of a decimal.</summary>
    private const decimal One = 1.0000000000000000000000000000m;

    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    [FieldOffset(0)]
    private readonly object? _text;

    [FieldOffset(8)]
    private readonly decimal _decimal;

    [FieldOffset(8)]
    private readonly long _integer;

    [FieldOffset(8)]
    private readonly double _number;

    [FieldOffset(24)]
    private readonly Kind _kind;

    private FeatureValue(Kind kind, object? text = null, long integer = 0)
    {
        _text = text;
        _integer = integer;
        _kind = kind;
    }

    private FeatureValue(decimal number)
    {
        _decimal = number;
        _kind = Kind.Decimal;
    }

    private FeatureValue(double number)
    {
        _number = number;
        _kind = Kind.Number;
    }

    private enum Kind : byte
    {
        Missing,
        Text,
        Integer,
        Decimal,
        Number,
        Time,
        Texts,
    }

    /// <summary>No value: the shop did not say, or it cannot be worked out yet.</summary>
    public static FeatureValue Missing => default;

    /// <summary>Whether there is no value.</summary>
    public bool IsMissing => _kind == Kind.Missing;

    /// <summary>A text; missing when null or empty.</summary>
    public static implicit operator FeatureValue(string? text) =>
        string.IsNullOrEmpty(text) ? default : new FeatureValue(Kind.Text, text);

    /// <summary>A whole number.</summary>
    public static implicit operator FeatureValue(long number) => new(Kind.Integer, null, number);

    /// <summary>An exact number.</summary>
    public static implicit operator FeatureValue(decimal number) => new(number);

    /// <summary>A number; missing when it is not finite.</summary>
    public static implicit operator FeatureValue(double number) =>
        double.IsFinite(number) ? new FeatureValue(number) : default;

    /// <summary>A moment, UTC.</summary>
    public static implicit operator FeatureValue(DateTime time) => new(Kind.Time, null, time.Ticks);

    /// <summary>A list of texts; it may be empty.</summary>
    public static implicit operator FeatureValue(string[] texts) => new(Kind.Texts, texts);

    /// <summary>Whether both are the same value.</summary>
    public static bool operator ==(FeatureValue a, FeatureValue b) => a.Equals(b);

    /// <summary>Whether they differ.</summary>
    public static bool operator !=(FeatureValue a, FeatureValue b) => !a.Equals(b);

    /// <summary>The value for a model: not a number (NaN) for what is missing, a text or a list; a moment in seconds since 1970.</summary>
    public float ToFloat() => (float)ToDouble();

    /// <summary>As <see cref="ToFloat"/>, in double precision.</summary>
    public double ToDouble() =>
        _kind switch
        {
            Kind.Integer => _integer,
            Kind.Decimal => (double)_decimal,
            Kind.Number => _number,
            Kind.Time => (_integer - DateTime.UnixEpoch.Ticks) / (double)TimeSpan.TicksPerSecond,
            _ => double.NaN,
        };

    /// <summary>The whole number; null for anything else.</summary>
    public long? ToInteger() => _kind == Kind.Integer ? _integer : null;

    /// <summary>The moment, UTC; null for anything else.</summary>
    public DateTime? ToTime() => _kind == Kind.Time ? new DateTime(_integer, DateTimeKind.Utc) : null;

    /// <summary>The list of texts; null for anything else.</summary>
    public string[]? ToTexts() => _kind == Kind.Texts ? (string[])_text! : null;

    /// <summary>The value as a plain .NET object: null, string, long, decimal, double, DateTime (UTC) or a list of texts.</summary>
    public object? ToObject() =>
        _kind switch
        {
            Kind.Text or Kind.Texts => _text,
            Kind.Integer => _integer,
            Kind.Decimal => _decimal / One,
            Kind.Number => _number,
            Kind.Time => new DateTime(_integer, DateTimeKind.Utc),
            _ => null,
        };

    /// <summary>Writes the value as JSON: null, a text, a number, a time as RFC 3339 text, or an array of texts.</summary>
    public void WriteTo(Utf8JsonWriter json)
    {
        switch (_kind)
        {
            case Kind.Text:
                json.WriteStringValue((string)_text!);
                break;
            case Kind.Integer:
                json.WriteNumberValue(_integer);
                break;
            case Kind.Decimal:
                json.WriteNumberValue(_decimal / One);
                break;
            case Kind.Number:
                json.WriteNumberValue(_number);
                break;
            case Kind.Time:
                json.WriteStringValue(ToString());
                break;
            case Kind.Texts:
                json.WriteStartArray();
                foreach (string text in (string[])_text!)
                {
                    json.WriteStringValue(text);
                }

                json.WriteEndArray();
                break;
            default:
                json.WriteNullValue();
                break;
        }
    }

    /// <summary>The value as text, the same in every culture: empty when missing, a list with <c>|</c> between its texts.</summary>
    public override string ToString() =>
        _kind switch
        {
            Kind.Text => (string)_text!,
            Kind.Integer => _integer.ToString(CultureInfo.InvariantCulture),
            Kind.Decimal => (_decimal / One).ToString(CultureInfo.InvariantCulture),
            Kind.Number => _number.ToString("R", CultureInfo.InvariantCulture),
            Kind.Time => new DateTime(_integer, DateTimeKind.Utc).ToString(TimeFormat, CultureInfo.InvariantCulture),
            Kind.Texts => string.Join('|', (string[])_text!),
            _ => "",
        };

    /// <summary>The text; null for anything else.</summary>
    public string? ToText() => _kind == Kind.Text ? (string)_text! : null;

    /// <summary>Writes <see cref="ToString"/> as UTF-8.</summary>
    /// <param name="utf8">Takes the bytes.</param>
    /// <param name="written">How many they are.</param>
    /// <returns>False when there is no room for them; 64 bytes are enough for all but texts.</returns>
    public bool TryFormat(Span<byte> utf8, out int written)
    {
        switch (_kind)
        {
            case Kind.Integer:
                return _integer.TryFormat(utf8, out written, provider: CultureInfo.InvariantCulture);
            case Kind.Decimal:
                return NumberText.TryFormat(_decimal, utf8, out written)
                    || (_decimal / One).TryFormat(utf8, out written, provider: CultureInfo.InvariantCulture);
            case Kind.Number:
                return NumberText.TryFormat(_number, utf8, out written)
                    || _number.TryFormat(utf8, out written, "R", CultureInfo.InvariantCulture);
            case Kind.Time:
                return TryFormatTime(utf8, out written);
            default:
                return Encoding.UTF8.TryGetBytes(ToString(), utf8, out written);
        }
    }

    /// <inheritdoc/>
    public bool Equals(FeatureValue other) =>
        _kind == other._kind
        && _kind switch
        {
            Kind.Missing => true,
            Kind.Text => (string)_text! == (string)other._text!,
            Kind.Decimal => _decimal == other._decimal,
            Kind.Number => _number.Equals(other._number),
            Kind.Texts => ((string[])_text!).AsSpan().SequenceEqual((string[])other._text!),
            _ => _integer == other._integer,
        };

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is FeatureValue other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    private bool TryFormatTime(Span<byte> utf8, out int written)
    {
        // Round-trip form has a digit more than microseconds, before the Z.
        if (!new DateTime(_integer, DateTimeKind.Utc).TryFormat(utf8, out written, "O", CultureInfo.InvariantCulture))
        {
            return false;
        }

        utf8[--written - 1] = (byte)'Z';
        return true;
    }
}
