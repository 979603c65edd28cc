using System.Security.Cryptography;
using Fecom.Ingestion.Shared.FindFiles;
using Fecom.Ingestion.Shared.ReadCsv;

namespace Fecom.Ingestion.EventFiles.Shared;

/// <summary>An open input file, plain or compressed.</summary>
internal sealed class BehaviorFile : IDisposable
{
    private const int HashBytes = 16;

    private readonly CsvFile _file;

    private BehaviorFile(CsvFile file) => _file = file;

    public CsvRecordReader Reader => _file.Reader;

    /// <summary>Set by <see cref="TryReadHeader"/>.</summary>
    public BehaviorHeader? Header { get; private set; }

    /// <summary>Bytes read of the file as it lies on disk.</summary>
    public long BytesRead => _file.BytesRead;

    /// <inheritdoc cref="CsvFile.Open"/>
    public static BehaviorFile Open(string path, bool mayGrow) => new(CsvFile.Open(path, mayGrow));

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
        refusal = fits || !_file.IsMisnamed ? refusal : CsvHeader.Misnamed;
        return fits;
    }

    /// <summary>Reads the next row of a file that nobody writes to; false at its end, and where damage leaves of a row only the beginning.</summary>
    public bool ReadRow() => Reader.Read() && (Reader.Terminated || !(Reader.Damaged || Reader.EndsEarly));

    /// <summary>Once there is no more row: what of a compressed file cannot be read, and its line; null when it was read to its end.</summary>
    public string? Damage() =>
        Reader.Damaged ? $"The compressed data is damaged in line {Reader.Line}"
        : Reader.EndsEarly ? $"The compressed file ends early, in line {Reader.Line}"
        : null;

    /// <summary>Hash of the bytes before a position, by which a resumed load recognises the file.</summary>
    public static byte[] TailHash(ReadOnlySpan<byte> before) => SHA256.HashData(before)[..HashBytes];

    public void Dispose() => _file.Dispose();
}
