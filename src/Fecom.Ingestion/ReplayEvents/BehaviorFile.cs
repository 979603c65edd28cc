using System.IO.Compression;
using System.Security.Cryptography;
using Fecom.Ingestion.ReadCsv;

namespace Fecom.Ingestion.ReplayEvents;

/// <summary>An open input file, plain or compressed.</summary>
internal sealed class BehaviorFile : IDisposable
{
    private const int HashBytes = 16;

    private readonly FileStream _file;
    private readonly bool _compressed;

    private BehaviorFile(FileStream file, bool compressed, bool mayGrow)
    {
        (_file, _compressed) = (file, compressed);
        Reader = new CsvRecordReader(compressed ? new GZipStream(file, CompressionMode.Decompress) : file) { MayGrow = mayGrow };
    }

    public CsvRecordReader Reader { get; }

    /// <summary>Set by <see cref="TryReadHeader"/>.</summary>
    public BehaviorHeader? Header { get; private set; }

    /// <summary>Bytes read of the file as it lies on disk.</summary>
    public long BytesRead => _compressed ? _file.Position : Reader.Next.Offset;

    /// <param name="path">The file; compressed when its name ends in <c>.gz</c>.</param>
    /// <param name="mayGrow">Somebody may be writing to it.</param>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static BehaviorFile Open(string path, bool mayGrow)
    {
        FileStream file = new(
            path,
            new FileStreamOptions
            {
                Share = FileShare.ReadWrite | FileShare.Delete,
                Options = FileOptions.SequentialScan,
                // The reader has its own buffer; a decompressor asks for little at a time.
                BufferSize = IsCompressed(path) ? 64 * 1024 : 0,
            }
        );
        return new BehaviorFile(file, IsCompressed(path), mayGrow);
    }

    /// <summary>Reads the header; when it does not fit, <paramref name="refusal"/> says why, and is null when there is no header.</summary>
    public bool TryReadHeader(out string? refusal)
    {
        refusal = null;
        if (!Reader.ReadHeader())
        {
            return false;
        }

        bool fits = BehaviorHeader.TryRead(Reader, out BehaviorHeader? header, out refusal);
        Header = header;
        return fits;
    }

    /// <summary>Hash of the bytes before a position, by which the file is known again.</summary>
    public static byte[] TailHash(ReadOnlySpan<byte> before) => SHA256.HashData(before)[..HashBytes];

    public void Dispose() => Reader.Dispose();

    private static bool IsCompressed(string path) => path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);
}
