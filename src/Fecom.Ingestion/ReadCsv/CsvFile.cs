using System.IO.Compression;

namespace Fecom.Ingestion.ReadCsv;

/// <summary>An open CSV file, plain or compressed.</summary>
internal sealed class CsvFile : IDisposable
{
    private readonly FileStream _file;
    private readonly bool _compressed;

    private CsvFile(FileStream file, bool compressed, CsvRecordReader reader) => (_file, _compressed, Reader) = (file, compressed, reader);

    public CsvRecordReader Reader { get; }

    /// <summary>Bytes read of the file as it lies on disk.</summary>
    public long BytesRead => _compressed ? _file.Position : Reader.Next.Offset;

    /// <param name="path">The file; compressed when its name ends in <c>.gz</c>.</param>
    /// <param name="mayGrow">Somebody may be writing to it.</param>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static CsvFile Open(string path, bool mayGrow)
    {
        FileStream file = OpenStream(path);
        bool compressed = IsCompressed(path);
        Stream content = compressed ? new GZipStream(file, CompressionMode.Decompress) : file;
        return new CsvFile(file, compressed, new CsvRecordReader(content) { MayGrow = mayGrow });
    }

    /// <summary>Opens a file of which nothing counts unless all of it is there: a compressed one that was cut is damaged.</summary>
    /// <inheritdoc cref="Open" path="/exception"/>
    public static CsvFile OpenWhole(string path)
    {
        FileStream file = OpenStream(path);
        bool compressed = IsCompressed(path);
        return new CsvFile(file, compressed, new CsvRecordReader(compressed ? new WholeGzipStream(file) : file));
    }

    public void Dispose() => Reader.Dispose();

    private static bool IsCompressed(string path) => path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);

    private static FileStream OpenStream(string path) =>
        new(
            path,
            new FileStreamOptions
            {
                Share = FileShare.ReadWrite | FileShare.Delete,
                Options = FileOptions.SequentialScan,
                // The reader has its own buffer; a decompressor asks for little at a time.
                BufferSize = IsCompressed(path) ? 64 * 1024 : 0,
            }
        );
}
