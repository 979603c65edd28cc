using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;
using Fecom.Validation.ReadEvents;

namespace Fecom.Validation.ReadAvro;

/// <summary>
/// Writes an Avro value as JSON, as if its sender had written that: a time as RFC 3339, a decimal as a number. Nothing is allocated
/// by a length that a message claims, only by what it has.
/// </summary>
internal ref struct AvroJson
{
    private const int MaxDepth = 64;
    private const int MaxValues = 100_000;
    private const int MaxVarint = 10;

    private readonly Utf8JsonWriter _writer;
    private readonly List<string> _path = [];
    private ReadOnlySpan<byte> _left;
    private int _values;

    private AvroJson(ReadOnlySpan<byte> avro, Utf8JsonWriter writer)
    {
        _left = avro;
        _writer = writer;
    }

    /// <param name="type">The schema.</param>
    /// <param name="avro">The value.</param>
    /// <param name="problem">What does not fit the schema, and in which field.</param>
    /// <returns>Null when it does not fit.</returns>
    public static byte[]? Write(AvroType type, ReadOnlySpan<byte> avro, out string? problem)
    {
        ArrayBufferWriter<byte> buffer = new(1_024);
        using Utf8JsonWriter writer = new(buffer);
        AvroJson reader = new(avro, writer);
        try
        {
            reader.Value(type, 0);
            problem = reader._left.IsEmpty ? null : $"{reader._left.Length} bytes are left after it";
        }
        catch (AvroFault e)
        {
            string field = string.Join('.', reader._path);
            problem = field.Length == 0 ? e.Message : $"{field}: {e.Message}";
        }

        if (problem is not null)
        {
            return null;
        }

        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private void Value(AvroType type, int depth)
    {
        if (depth > MaxDepth || ++_values > MaxValues)
        {
            throw new AvroFault($"more than {MaxDepth} levels or {MaxValues} values");
        }

        switch (type.Kind)
        {
            case AvroKind.Null:
                _writer.WriteNullValue();
                break;
            case AvroKind.Boolean:
                _writer.WriteBooleanValue(
                    Take(1)[0] switch
                    {
                        0 => false,
                        1 => true,
                        var other => throw new AvroFault($"a boolean is 0 or 1, this is {other}"),
                    }
                );
                break;
            case AvroKind.Int or AvroKind.Long:
                Number(type);
                break;
            case AvroKind.Float:
                float single = BinaryPrimitives.ReadSingleLittleEndian(Take(sizeof(float)));
                if (float.IsFinite(single))
                {
                    _writer.WriteNumberValue(single);
                }
                else
                {
                    _writer.WriteStringValue(single.ToString(CultureInfo.InvariantCulture));
                }

                break;
            case AvroKind.Double:
                double number = BinaryPrimitives.ReadDoubleLittleEndian(Take(sizeof(double)));
                if (double.IsFinite(number))
                {
                    _writer.WriteNumberValue(number);
                }
                else
                {
                    _writer.WriteStringValue(number.ToString(CultureInfo.InvariantCulture));
                }

                break;
            case AvroKind.Bytes:
                Bytes(type, Take(Length()));
                break;
            case AvroKind.Fixed:
                Bytes(type, Take(type.Size));
                break;
            case AvroKind.String:
                _writer.WriteStringValue(Text());
                break;
            case AvroKind.Enum:
                _writer.WriteStringValue(type.Symbols[Index(type.Symbols.Count, "symbols of the enum")]);
                break;
            case AvroKind.Union:
                Value(type.Types[Index(type.Types.Count, "types of the union")], depth + 1);
                break;
            case AvroKind.Record:
                Record(type, depth);
                break;
            default:
                Items(type, depth);
                break;
        }
    }

    private void Record(AvroType type, int depth)
    {
        _writer.WriteStartObject();
        foreach ((string name, JsonEncodedText encoded, AvroType field) in type.Fields)
        {
            _writer.WritePropertyName(encoded);
            _path.Add(name);
            Value(field, depth + 1);
            _path.RemoveAt(_path.Count - 1);
        }

        _writer.WriteEndObject();
    }

    /// <summary>An array or a map: blocks, each after the number of its items, and an empty one at the end.</summary>
    private void Items(AvroType type, int depth)
    {
        bool isMap = type.Kind == AvroKind.Map;
        if (isMap)
        {
            _writer.WriteStartObject();
        }
        else
        {
            _writer.WriteStartArray();
        }

        while (Long() is not 0 and var count)
        {
            if (count < 0)
            {
                // The number of its bytes follows.
                Long();
            }

            // Counted down from below zero, which has one number more.
            for (long left = count < 0 ? count : -count; left < 0; left++)
            {
                if (isMap)
                {
                    _writer.WritePropertyName(Text());
                }

                Value(type.Types[0], depth + 1);
            }
        }

        if (isMap)
        {
            _writer.WriteEndObject();
        }
        else
        {
            _writer.WriteEndArray();
        }
    }

    private void Number(AvroType type)
    {
        long value = Long();
        if (type.Kind == AvroKind.Int && value is < int.MinValue or > int.MaxValue)
        {
            throw new AvroFault($"{value} is no int");
        }

        // A time that no calendar has stays a number, which the rules refuse.
        if (
            type.Form is { } form and not ConnectForm.Decimal
            && ConnectValues.Time(value.ToString(CultureInfo.InvariantCulture), form) is { } time
        )
        {
            _writer.WriteStringValue(time.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture));
        }
        else
        {
            _writer.WriteNumberValue(value);
        }
    }

    private readonly void Bytes(AvroType type, ReadOnlySpan<byte> bytes)
    {
        if (type.Form == ConnectForm.Decimal && ConnectValues.Number(bytes, type.Scale) is { } number)
        {
            _writer.WriteRawValue(number);
        }
        else
        {
            _writer.WriteBase64StringValue(bytes);
        }
    }

    private ReadOnlySpan<byte> Text()
    {
        ReadOnlySpan<byte> text = Take(Length());
        return Utf8.IsValid(text) ? text : throw new AvroFault("a string is not UTF-8");
    }

    private int Length() =>
        Long() is >= 0 and var length && length <= _left.Length
            ? (int)length
            : throw new AvroFault($"it claims more bytes than the {_left.Length} that are left");

    private int Index(int count, string what) =>
        Long() is >= 0 and var index && index < count
            ? (int)index
            : throw new AvroFault($"it names none of the {count} {what}");

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _left.Length)
        {
            throw new AvroFault($"{count} bytes are expected, {_left.Length} are left");
        }

        ReadOnlySpan<byte> taken = _left[..count];
        _left = _left[count..];
        return taken;
    }

    /// <summary>Seven bits a byte, the lowest first; even numbers are positive.</summary>
    private long Long()
    {
        ulong bits = 0;
        for (int i = 0; i < MaxVarint; i++)
        {
            byte next = Take(1)[0];
            bits |= (ulong)(next & 0x7f) << (7 * i);
            if (next < 0x80)
            {
                return (long)(bits >> 1) ^ -(long)(bits & 1);
            }
        }

        throw new AvroFault($"a number has more than {MaxVarint} bytes");
    }

    /// <summary>A value does not fit its schema.</summary>
    private sealed class AvroFault(string message) : Exception(message);
}
