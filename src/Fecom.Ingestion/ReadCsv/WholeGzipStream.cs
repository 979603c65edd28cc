using System.IO.Compression;

namespace Fecom.Ingestion.ReadCsv;

/// <summary>Decompresses a file that must be whole. A <see cref="GZipStream"/> ends without a word where a file was cut.</summary>
/// <remarks>
/// Behind the file it reads a gzip member of its own. What that holds comes out at the end, clean, only if every member before
/// was whole; it is held back, and when it does not come the file is damaged.
/// </remarks>
internal sealed class WholeGzipStream : Stream
{
    private static readonly byte[] Mark = "the end of a whole gzip file"u8.ToArray();
    private static readonly byte[] MarkMember = Compressed(Mark);

    private readonly GZipStream _inner;
    private readonly byte[] _buffer = new byte[128 * 1024];
    private int _start;
    private int _end;
    private bool _ended;

    public WholeGzipStream(Stream file) => _inner = new GZipStream(new FollowedStream(file), CompressionMode.Decompress);

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="InvalidDataException">The file is damaged, or ends early.</exception>
    public override int Read(Span<byte> buffer)
    {
        while (!_ended && _end - _start <= Mark.Length)
        {
            Fill();
        }

        int count = Math.Min(buffer.Length, _end - _start - (_ended ? 0 : Mark.Length));
        _buffer.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Fill()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        int read = _inner.Read(_buffer, _end, _buffer.Length - _end);
        _end += read;
        if (read == 0)
        {
            if (!_buffer.AsSpan(0, _end).EndsWith(Mark))
            {
                throw new InvalidDataException("The compressed data ends early.");
            }

            (_ended, _end) = (true, _end - Mark.Length);
        }
    }

    private static byte[] Compressed(byte[] bytes)
    {
        using MemoryStream zipped = new();
        using (GZipStream gzip = new(zipped, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }

        return zipped.ToArray();
    }

    /// <summary>The file, and then the member that marks its end.</summary>
    private sealed class FollowedStream(Stream file) : Stream
    {
        private readonly MemoryStream _mark = new(MarkMember);

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer) => file.Read(buffer) is > 0 and int read ? read : _mark.Read(buffer);

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                file.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
