using System.Security.Cryptography;
using Fecom.Ingestion.EventFiles.Shared;
using Fecom.Ingestion.Shared.ReadCsv;

namespace Fecom.Ingestion.EventFiles.LoadEventFiles;

/// <summary>Identifies a file by its first two lines; or says why it is refused, or that they are not complete yet.</summary>
internal sealed class FileIdentity
{
    private const int FingerprintDigits = 12;

    /// <summary>First digits of a hash over the header and the first row.</summary>
    public string? Fingerprint { get; private init; }

    /// <summary>The position before the first row.</summary>
    public LoadPosition? Start { get; private init; }

    /// <summary>Why the file is refused until it changes.</summary>
    public string? Refusal { get; private init; }

    /// <summary>What is missing in a file that is not complete yet.</summary>
    public string? Waiting { get; private init; }

    /// <summary>Has observed the first row.</summary>
    public LastLine LastLine { get; } = new();

    public static FileIdentity Read(BehaviorFile file)
    {
        CsvRecordReader reader = file.Reader;
        if (file.TryReadHeader(out string? refusal))
        {
            return reader.Terminated ? OfFirstRow(reader) : new FileIdentity { Waiting = "The file has no row yet." };
        }

        if (reader.Damaged)
        {
            return new FileIdentity { Refusal = "The compressed data is damaged in its first line." };
        }

        if (refusal is null)
        {
            return new FileIdentity
            {
                Waiting = reader.EndsEarly
                    ? "The compressed file ends early, before its first row."
                    : "The file is empty.",
            };
        }

        return reader.Terminated || reader.Fault == CsvFault.TooLong || CsvHeader.IsFinal(refusal)
            ? new FileIdentity { Refusal = refusal }
            : new FileIdentity { Waiting = $"The file has one line, without a line break. {refusal}" };
    }

    private static FileIdentity OfFirstRow(CsvRecordReader reader)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(reader.Record);
        LoadPosition start = new(reader.Next, BehaviorFile.TailHash(reader.BeforeNext), 0, 0, reader.Next.Offset);
        if (!reader.Read())
        {
            return new FileIdentity
            {
                Waiting = reader.EndsEarly
                    ? "The compressed file ends early, before its first row."
                    : "The file has no row yet.",
            };
        }

        if (!reader.Terminated && CsvHeader.HasLoneCarriageReturn(reader.Record))
        {
            return new FileIdentity { Refusal = CsvHeader.LoneCarriageReturn };
        }

        FileIdentity identity = new() { Fingerprint = Fingerprinted(hash, reader.Record), Start = start };
        if (!reader.Terminated && !identity.LastLine.IsWhole(reader))
        {
            return new FileIdentity { Waiting = $"The file ends in the middle of line {reader.Line}, its first row." };
        }

        if (reader is { Terminated: true, Fault: CsvFault.None })
        {
            identity.LastLine.Observe(reader);
        }

        return identity;
    }

    private static string Fingerprinted(IncrementalHash hash, ReadOnlySpan<byte> firstRow)
    {
        hash.AppendData("\n"u8);
        hash.AppendData(firstRow);
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..FingerprintDigits];
    }
}
