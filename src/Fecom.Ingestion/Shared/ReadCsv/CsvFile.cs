namespace Fecom.Ingestion.Shared.ReadCsv;

/// <summary>An open CSV file, plain or compressed.</summary>
internal sealed class CsvFile : IDisposable
{
    private const int BufferBytes = 64 * 1024;

    private readonly FileStream _file;
    private readonly bool _compressed;

    private CsvFile(FileStream file, bool compressed, CsvRecordReader reader) =>
        (_file, _compressed, Reader) = (file, compressed, reader);

    public CsvRecordReader Reader { get; }

    /// <summary>Bytes read of the file as it lies on disk.</summary>
    public long BytesRead => _compressed ? _file.Position : Reader.Next.Offset;

    /// <summary>The name says that it is gzip, and the content is not.</summary>
    public bool IsMisnamed { get; private init; }

    /// <param name="path">The file; compressed when it begins as gzip does, whatever its name. A pipe is what its name says.</param>
    /// <param name="mayGrow">Somebody may be writing to it.</param>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static CsvFile Open(string path, bool mayGrow)
    {
        FileStream file = OpenStream(path);
        try
        {
            bool named = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase);
            bool compressed = file.CanSeek ? IsGzip(file, named) : named;
            Stream content = compressed ? new GzipContent(new BufferedStream(file, BufferBytes)) : file;
            return new CsvFile(file, compressed, new CsvRecordReader(content) { MayGrow = mayGrow })
            {
                IsMisnamed = named && !compressed,
            };
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Dispose() => Reader.Dispose();

    private static bool IsGzip(FileStream file, bool named)
    {
        Span<byte> begin = stackalloc byte[2];
        bool compressed = GzipContent.Is(
            begin[..file.ReadAtLeast(begin, begin.Length, throwOnEndOfStream: false)],
            named
        );
        file.Position = 0;
        return compressed;
    }

    private static FileStream OpenStream(string path) =>
        new(
            path,
            new FileStreamOptions
            {
                Share = FileShare.ReadWrite | FileShare.Delete,
                Options = FileOptions.SequentialScan,
                // The reader has its own buffer; a decompressor, which asks for little at a time, gets one.
                BufferSize = 0,
            }
        );
}
