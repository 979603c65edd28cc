using System.Buffers.Binary;
using System.Text;
using Fecom.Contracts;
using Fecom.Platform.Storage;

namespace Fecom.Features.StreamFeatures;

/// <summary>
/// Parses events from PostgreSQL's binary COPY: millions of them at a time, for which Npgsql's call for each value takes longer than the
/// value. Texts that come again, such as ids, are one text.
/// </summary>
internal sealed class CopiedEvents
{
    private const int Columns = 13;

    /// <summary>Slots for texts; one that comes takes the place of another with its slot.</summary>
    private const int Texts = 1 << 16;

    private readonly string?[] _texts = new string?[Texts];
    private byte[] _buffer = new byte[1 << 18];
    private int _start;
    private int _end;
    private bool _hasBegun;

    /// <summary>Reads on, and parses the rows that are whole.</summary>
    /// <returns>Null at the end.</returns>
    public async ValueTask<BehaviorEvent[]?> ReadAsync(Stream rows, CancellationToken cancellationToken)
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, 2 * _buffer.Length);
        }

        int read = await rows.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
        if (read == 0)
        {
            return _end == 0 ? null : throw new EndOfStreamException("PostgreSQL ended in the middle of a row.");
        }

        _end += read;
        return Parse();
    }

    private BehaviorEvent[] Parse()
    {
        if (!_hasBegun)
        {
            int header = BinaryField.SignatureSize + (2 * sizeof(int));
            if (_end < header)
            {
                return [];
            }

            _start = header;
            _hasBegun = true;
        }

        List<BehaviorEvent> events = [];
        Span<Range> fields = stackalloc Range[Columns];
        while (TryFindRow(fields))
        {
            events.Add(EventOf(fields));
        }

        return [.. events];
    }

    /// <summary>Finds the next row's fields, when all of them are there; a null one is found before the buffer's begin.</summary>
    private bool TryFindRow(Span<Range> fields)
    {
        ReadOnlySpan<byte> bytes = _buffer.AsSpan(0, _end);
        int at = _start;
        if (_end - at < sizeof(short))
        {
            return false;
        }

        short columns = BinaryPrimitives.ReadInt16BigEndian(bytes[at..]);
        at += sizeof(short);
        if (columns < 0)
        {
            _start = at;
            return false;
        }

        for (int i = 0; i < Columns; i++)
        {
            if (_end - at < sizeof(int))
            {
                return false;
            }

            int length = BinaryPrimitives.ReadInt32BigEndian(bytes[at..]);
            at += sizeof(int);
            if (length > _end - at)
            {
                return false;
            }

            fields[i] = length < 0 ? default : at..(at + length);
            at += Math.Max(0, length);
        }

        _start = at;
        return true;
    }

    private BehaviorEvent EventOf(ReadOnlySpan<Range> fields)
    {
        string type = Text(fields[2])!;
        DateTime time = BinaryField.Time(_buffer.AsSpan(fields[1]));
        return new()
        {
            EventId = BinaryField.Guid(_buffer.AsSpan(fields[0])),
            EventTime = time,
            EventType = BehaviorEventTypes.TryParse(type, out BehaviorEventType parsed)
                ? parsed
                : throw new InvalidDataException($"Bronze holds an event of type '{type}'."),
            ProductId = Text(fields[3])!,
            CategoryId = Text(fields[4]),
            CategoryCode = Text(fields[5]),
            Brand = Text(fields[6]),
            Price = BinaryField.Numeric(_buffer.AsSpan(fields[7])),
            UserId = Text(fields[8])!,
            UserSession = Text(fields[9])!,
            Source = Text(fields[10])!,
            Position = BinaryField.Long(_buffer.AsSpan(fields[11])),
            ReceivedAt = BinaryField.Time(_buffer.AsSpan(fields[12])),
            ValidatedAt = time,
        };
    }

    private string? Text(Range field)
    {
        if (field.Equals(default))
        {
            return null;
        }

        ReadOnlySpan<byte> utf8 = _buffer.AsSpan(field);
        ref string? known = ref _texts[Slot(utf8)];
        return known is not null && Ascii.Equals(utf8, known) ? known : known = Encoding.UTF8.GetString(utf8);
    }

    private static int Slot(ReadOnlySpan<byte> text)
    {
        const ulong Prime = 0x9e37_79b9_7f4a_7c15;
        ulong hash = (ulong)text.Length;
        for (; text.Length >= sizeof(ulong); text = text[sizeof(ulong)..])
        {
            hash = (hash ^ BinaryPrimitives.ReadUInt64LittleEndian(text)) * Prime;
            hash ^= hash >> 32;
        }

        foreach (byte one in text)
        {
            hash = (hash ^ one) * Prime;
        }

        return (int)((hash >> 32) & (Texts - 1));
    }
}
