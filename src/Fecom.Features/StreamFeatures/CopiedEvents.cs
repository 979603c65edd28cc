using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Fecom.Contracts;
using Fecom.Platform.Storage;

namespace Fecom.Features.StreamFeatures;

/// <summary>
/// Parses events from PostgreSQL's binary COPY: millions of them at a time, for which Npgsql's call for each value takes longer than the
/// value. Texts that come again, such as ids, are one text.
/// </summary>
/// <param name="ids">Visitors and visits that are asked for, when others are not: an id is one text for all of its events. An empty text is none of them.</param>
internal sealed class CopiedEvents(KnownTexts? ids = null)
{
    /// <summary>Bytes that are read before they are parsed.</summary>
    public const int BlockSize = 1 << 18;

    /// <summary>Columns of an event that say where it came from.</summary>
    private const int ColumnsWithSource = 13;

    /// <summary>Columns of an event that say when it became known instead.</summary>
    private const int ColumnsWithKnownAt = 11;

    /// <summary>Slots for texts; one that comes takes the place of another with its slot.</summary>
    private const int Texts = 1 << 16;

    private readonly string?[] _texts = new string?[Texts];
    private byte[] _buffer = new byte[BlockSize];
    private int _start;
    private int _end;
    private bool _hasBegun;

    /// <summary>Fills a buffer: a read gives one row at most.</summary>
    /// <returns>How many bytes; fewer than the buffer has at the end of the rows.</returns>
    public static async ValueTask<int> FillAsync(Stream rows, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int filled = 0;
        while (
            filled < buffer.Length && await rows.ReadAsync(buffer[filled..], cancellationToken) is (> 0 and int read)
        )
        {
            filled += read;
        }

        return filled;
    }

    /// <summary>Reads on, and parses the rows that are whole.</summary>
    /// <returns>Null at the end.</returns>
    public async ValueTask<BehaviorEvent[]?> ReadAsync(Stream rows, CancellationToken cancellationToken)
    {
        Room(0);
        int read = await FillAsync(rows, _buffer.AsMemory(_end), cancellationToken);
        _end += read;
        List<BehaviorEvent> events = [];
        while (TryRead(out BehaviorEvent? e))
        {
            events.Add(e);
        }

        if (read == 0)
        {
            End();
            return null;
        }

        return [.. events];
    }

    /// <summary>Takes bytes that follow those it has.</summary>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        Room(bytes.Length);
        bytes.CopyTo(_buffer.AsSpan(_end));
        _end += bytes.Length;
    }

    /// <summary>The rows have ended; those of another COPY may follow.</summary>
    /// <exception cref="EndOfStreamException">They ended in the middle of a row.</exception>
    public void End()
    {
        if (_start != _end)
        {
            throw new EndOfStreamException("PostgreSQL ended in the middle of a row.");
        }

        _hasBegun = false;
    }

    /// <summary>The next event, when all of its row is there.</summary>
    public bool TryRead([NotNullWhen(true)] out BehaviorEvent? e)
    {
        e = null;
        if (!_hasBegun && !TrySkipHeader())
        {
            return false;
        }

        Span<Field> fields = stackalloc Field[ColumnsWithSource];
        int columns = FindRow(fields);
        if (columns == 0)
        {
            return false;
        }

        e = EventOf(fields, columns);
        return true;
    }

    /// <summary>Moves what is not parsed yet to the front, and makes room behind it for at least so many bytes and one.</summary>
    private void Room(int bytes)
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        if (_end + bytes >= _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Max(2 * _buffer.Length, _end + bytes + 1));
        }
    }

    private bool TrySkipHeader()
    {
        const int Header = BinaryField.SignatureSize + (2 * sizeof(int));
        if (_end - _start < Header)
        {
            return false;
        }

        _start += Header;
        return _hasBegun = true;
    }

    /// <summary>Finds the next row's fields, when all of them are there.</summary>
    /// <returns>How many fields; none when there is no whole row.</returns>
    private int FindRow(Span<Field> fields)
    {
        ReadOnlySpan<byte> bytes = _buffer.AsSpan(0, _end);
        int at = _start;
        if (_end - at < sizeof(short))
        {
            return 0;
        }

        int columns = BinaryPrimitives.ReadInt16BigEndian(bytes[at..]);
        at += sizeof(short);
        if (columns < 0)
        {
            _start = at;
            return 0;
        }

        for (int i = 0; i < columns; i++)
        {
            if (_end - at < sizeof(int))
            {
                return 0;
            }

            int length = BinaryPrimitives.ReadInt32BigEndian(bytes[at..]);
            at += sizeof(int);
            if (length > _end - at)
            {
                return 0;
            }

            fields[i] = new Field(at, length);
            at += Math.Max(0, length);
        }

        _start = at;
        return columns;
    }

    private BehaviorEvent EventOf(ReadOnlySpan<Field> fields, int columns)
    {
        DateTime time = BinaryField.Time(Bytes(fields[1]));
        (string user, string session) = IdsOf(fields[8], fields[9]);
        bool hasSource = columns != ColumnsWithKnownAt;
        return new()
        {
            EventId = BinaryField.Guid(Bytes(fields[0])),
            EventTime = time,
            EventType = TypeOf(Bytes(fields[2])),
            ProductId = Text(fields[3])!,
            CategoryId = Text(fields[4]),
            CategoryCode = Text(fields[5]),
            Brand = Text(fields[6]),
            Price = BinaryField.Numeric(Bytes(fields[7])),
            UserId = user,
            UserSession = session,
            Source = hasSource ? Text(fields[10])! : "",
            Position = hasSource ? BinaryField.Long(Bytes(fields[11])) : 0,
            ReceivedAt = BinaryField.Time(Bytes(fields[hasSource ? 12 : 10])),
            ValidatedAt = time,
        };
    }

    private static BehaviorEventType TypeOf(ReadOnlySpan<byte> name) =>
        BehaviorEventTypes.TryParse(name, out BehaviorEventType type)
            ? type
            : throw new InvalidDataException($"Bronze holds an event of type '{Encoding.UTF8.GetString(name)}'.");

    private ReadOnlySpan<byte> Bytes(Field field) => _buffer.AsSpan(field.Start, field.Length);

    private string? Text(Field field)
    {
        if (field.Length < 0)
        {
            return null;
        }

        ReadOnlySpan<byte> utf8 = Bytes(field);
        ref string? known = ref _texts[HashOf(utf8) & (Texts - 1)];
        return known is not null && Ascii.Equals(utf8, known) ? known : known = Encoding.UTF8.GetString(utf8);
    }

    /// <summary>Visitor and visit. Of an event with neither that is asked for they are empty: no text is made of what nobody reads.</summary>
    private (string User, string Session) IdsOf(Field user, Field session)
    {
        if (ids is null)
        {
            return (Text(user)!, Text(session)!);
        }

        string? knownUser = ids.Find(Bytes(user));
        string? knownSession = ids.Find(Bytes(session));
        return knownUser is null && knownSession is null
            ? ("", "")
            : (
                knownUser ?? Encoding.UTF8.GetString(Bytes(user)),
                knownSession ?? Encoding.UTF8.GetString(Bytes(session))
            );
    }

    /// <summary>A hash of a text; its low bits are as good as any.</summary>
    public static ulong HashOf(ReadOnlySpan<byte> text)
    {
        const ulong Prime = 0x9e37_79b9_7f4a_7c15;
        ulong hash = (ulong)text.Length;
        for (; text.Length >= sizeof(ulong); text = text[sizeof(ulong)..])
        {
            hash = (hash ^ BinaryPrimitives.ReadUInt64LittleEndian(text)) * Prime;
            hash ^= hash >> 32;
        }

        ulong rest = 0;
        for (int i = text.Length - 1; i >= 0; i--)
        {
            rest = (rest << 8) | text[i];
        }

        return ((hash ^ rest) * Prime) >> 32;
    }

    /// <summary>A field of a row.</summary>
    /// <param name="Start">Where it begins in the buffer.</param>
    /// <param name="Length">Its bytes; below zero when it is null.</param>
    private readonly record struct Field(int Start, int Length);
}
