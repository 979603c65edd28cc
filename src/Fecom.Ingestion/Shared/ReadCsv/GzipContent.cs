using System.IO.Compression;

namespace Fecom.Ingestion.Shared.ReadCsv;

/// <summary>The compressed data ends early; everything that could be decompressed has been read.</summary>
internal sealed class GzipEndsEarlyException(Exception cause) : IOException("The compressed data ends early.", cause);

/// <summary>Decompresses gzip, of one member or several, and distinguishes data that ends early from damaged data.</summary>
/// <remarks>
/// A <see cref="GZipStream"/> ends without an error where its input was truncated, unless the switch
/// <c>System.IO.Compression.UseStrictValidation</c> is on: Directory.Build.props turns it on for every program. Then it gives
/// first what could be decompressed and throws afterwards.
/// </remarks>
internal sealed class GzipContent : Stream
{
    /// <summary>Gzip begins with these bytes, whatever the file is called.</summary>
    private static ReadOnlySpan<byte> Magic => [0x1f, 0x8b];

    private readonly Input _input;
    private readonly GZipStream _content;

    public GzipContent(Stream compressed)
    {
        _input = new Input(compressed);
        _content = new GZipStream(_input, CompressionMode.Decompress);
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Whether a file is gzip, by its first bytes; by its name while it has fewer than two.</summary>
    /// <param name="begin">The first two bytes, or all there are.</param>
    /// <param name="named">The name says that it is gzip.</param>
    public static bool Is(ReadOnlySpan<byte> begin, bool named) =>
        begin.Length < Magic.Length ? named : begin.StartsWith(Magic);

    /// <exception cref="GzipEndsEarlyException">The input ended in the middle.</exception>
    /// <exception cref="InvalidDataException">The input is damaged, or no gzip.</exception>
    public override int Read(Span<byte> buffer)
    {
        try
        {
            return _content.Read(buffer);
        }
        catch (InvalidDataException e) when (_input.HasEnded)
        {
            throw new GzipEndsEarlyException(e);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc cref="Read(Span{byte})" path="/exception"/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return await _content.ReadAsync(buffer, cancellationToken);
        }
        catch (InvalidDataException e) when (_input.HasEnded)
        {
            throw new GzipEndsEarlyException(e);
        }
    }

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _content.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>The compressed bytes, and whether they have come to their end.</summary>
    private sealed class Input(Stream compressed) : Stream
    {
        public bool HasEnded { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer) => Noted(compressed.Read(buffer), buffer.Length);

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer,
            CancellationToken cancellationToken = default
        ) => Noted(await compressed.ReadAsync(buffer, cancellationToken), buffer.Length);

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                compressed.Dispose();
            }

            base.Dispose(disposing);
        }

        private int Noted(int read, int wanted)
        {
            HasEnded |= read == 0 && wanted > 0;
            return read;
        }
    }
}
