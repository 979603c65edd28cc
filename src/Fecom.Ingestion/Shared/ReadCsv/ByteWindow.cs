using System.Buffers;

namespace Fecom.Ingestion.Shared.ReadCsv;

/// <summary>A fixed buffer that slides over a stream of any length and keeps the last bytes that it has passed.</summary>
internal sealed class ByteWindow(Stream stream) : IDisposable
{
    /// <summary>Bytes behind the current position that stay readable: enough to recognise a file by them.</summary>
    public const int BehindBytes = 4 * 1024;

    private const int BufferBytes = 256 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private int _start;
    private int _end;

    /// <summary>Offset in the stream of the first byte ahead.</summary>
    public long Offset { get; private set; }

    /// <summary>Nothing follows the bytes ahead.</summary>
    public bool Ended { get; private set; }

    /// <summary>The stream is compressed, and what it holds is damaged from here on.</summary>
    public bool Damaged { get; private set; }

    /// <summary>The stream is compressed, and its end is missing.</summary>
    public bool EndsEarly { get; private set; }

    /// <summary>The bytes ahead: at least <paramref name="wanted"/>, or all there are.</summary>
    public ReadOnlySpan<byte> Ahead(int wanted)
    {
        if (_end - _start < wanted && !Ended)
        {
            Fill(wanted);
        }

        return _buffer.AsSpan(_start, _end - _start);
    }

    /// <summary>The last bytes before the place <paramref name="ahead"/> bytes from here: <see cref="BehindBytes"/>, or all there are.</summary>
    public ReadOnlySpan<byte> Before(int ahead)
    {
        int end = _start + ahead;
        int count = Math.Min(end, BehindBytes);
        return _buffer.AsSpan(end - count, count);
    }

    /// <summary>Passes <paramref name="count"/> of the bytes ahead.</summary>
    public void Advance(int count)
    {
        _start += count;
        Offset += count;
    }

    /// <summary>Moves forward to <paramref name="offset"/>, with the bytes before it behind; false when the stream ends before.</summary>
    public bool TryMoveTo(long offset)
    {
        long keepFrom = Math.Max(offset - BehindBytes, 0);
        if (stream.CanSeek && keepFrom > Offset + (_end - _start))
        {
            stream.Position = keepFrom;
            (_start, _end, Offset) = (0, 0, keepFrom);
        }

        while (Offset < offset)
        {
            int ahead = Ahead(1).Length;
            if (ahead == 0)
            {
                return false;
            }

            Advance((int)Math.Min(ahead, offset - Offset));
        }

        return true;
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
        stream.Dispose();
    }

    private void Fill(int wanted)
    {
        int keepFrom = Math.Max(_start - BehindBytes, 0);
        _buffer.AsSpan(keepFrom, _end - keepFrom).CopyTo(_buffer);
        _start -= keepFrom;
        _end -= keepFrom;
        while (_end - _start < wanted && TryRead(_buffer.AsSpan(_end), out int read))
        {
            _end += read;
        }
    }

    private bool TryRead(Span<byte> free, out int read)
    {
        read = 0;
        try
        {
            read = stream.Read(free);
        }
        catch (InvalidDataException)
        {
            Damaged = true;
        }
        catch (GzipEndsEarlyException)
        {
            EndsEarly = true;
        }

        Ended = read == 0;
        return !Ended;
    }
}
