using System.Text;
using Fecom.Contracts;
using Fecom.Ingestion.Shared.ReadCsv;

namespace Fecom.Ingestion.OrderTables.DetectChanges;

/// <summary>The result of reading a file.</summary>
/// <param name="Refusal">Why it is refused until it changes.</param>
/// <param name="Waiting">What is missing in a file that is not complete.</param>
/// <param name="Notice">What of a taken file was left out.</param>
/// <param name="Records">Records read.</param>
/// <param name="Findings">What it holds beside rows.</param>
internal sealed record SnapshotDraft(string? Refusal, string? Waiting, string? Notice, long Records, Findings Findings)
{
    public bool IsTaken => Refusal is null && Waiting is null;
}

/// <summary>Reads a table's file once, from its first line to its last, into a snapshot.</summary>
internal sealed class SnapshotBuilder(
    CsvFile file,
    FecomTable table,
    SnapshotWriter writer,
    Action<long, long> progress
)
{
    private const int ProgressRecords = 8_192;
    private const int ExampleBytes = 160;

    private readonly CsvRecordReader _reader = file.Reader;
    private readonly Findings _findings = new();
    private long _records;

    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="SnapshotWriteException">The snapshot cannot be written.</exception>
    public SnapshotDraft Build(CancellationToken cancellationToken)
    {
        if (!_reader.ReadHeader())
        {
            return _reader.Damaged
                ? Refused("The compressed data is damaged in its first line.")
                : Waiting(
                    _reader.EndsEarly ? "The compressed file ends early, before its first row." : "The file is empty."
                );
        }

        if (!TableHeader.TryRead(_reader, table, out TableHeader? header, out string? refusal))
        {
            refusal = file.IsMisnamed ? CsvHeader.Misnamed : refusal;
            return _reader.Terminated || _reader.Fault == CsvFault.TooLong || CsvHeader.IsFinal(refusal)
                ? Refused(refusal)
                : Waiting($"The file has one line, without a line break. {refusal}");
        }

        if (!ReadRows(new RowEncoder(header), cancellationToken))
        {
            return _records == 0 && CsvHeader.HasLoneCarriageReturn(_reader.Record)
                ? Refused(CsvHeader.LoneCarriageReturn)
                : Waiting(
                    $"The file ends in the middle of line {_reader.Line}; nothing of it is taken until it is whole."
                );
        }

        return _reader.Damaged || _reader.EndsEarly
                ? Refused(
                    $"The compressed data is damaged in line {_reader.Next.Line}{(_reader.EndsEarly ? ": the compressed file ends early" : "")}; nothing of it is taken."
                )
            : _records == 0 ? Waiting("The file has a header and no row; that every row is gone is not believed.")
            : new SnapshotDraft(
                null,
                null,
                header.Unknown is null ? null : $"Columns that are left out: {header.Unknown}.",
                _records,
                _findings
            );
    }

    /// <returns>Whether the last line is whole: with a line break behind it, or without one and like the others.</returns>
    private bool ReadRows(RowEncoder encoder, CancellationToken cancellationToken)
    {
        while (_reader.Read())
        {
            if (_reader.Fault != CsvFault.None && !_reader.Terminated && !_reader.Damaged && !_reader.EndsEarly)
            {
                return false;
            }

            Take(encoder);
            if (++_records % ProgressRecords == 0)
            {
                progress(_records, file.BytesRead);
                cancellationToken.ThrowIfCancellationRequested();
            }
        }

        progress(_records, file.BytesRead);
        return true;
    }

    private void Take(RowEncoder encoder)
    {
        if (_reader.Fault != CsvFault.None)
        {
            _findings.Malformed.Add(() => $"{_reader.FaultMessage}: {Excerpt()}");
            if (encoder.TryEncodeKey(_reader))
            {
                writer.Append(SnapshotWriter.PartitionOf(encoder.Key), encoder.Row, _reader.Line, unreadable: true);
            }

            return;
        }

        switch (encoder.Encode(_reader))
        {
            case RowKind.Empty:
                _findings.Empty.Add(() => $"line {_reader.Line}");
                break;
            case RowKind.WithoutKey:
                _findings.WithoutKey.Add(() => $"line {_reader.Line}: {Excerpt()}");
                break;
            default:
                writer.Append(SnapshotWriter.PartitionOf(encoder.Key), encoder.Row, _reader.Line, unreadable: false);
                break;
        }
    }

    /// <summary>The record's beginning on one line, without U+0000, which PostgreSQL's text cannot hold.</summary>
    private string Excerpt()
    {
        ReadOnlySpan<byte> record = _reader.Record;
        return Encoding
                .UTF8.GetString(record[..Math.Min(record.Length, ExampleBytes)])
                .ReplaceLineEndings(" ")
                .Replace('\0', '\uFFFD') + (record.Length > ExampleBytes ? "…" : "");
    }

    private SnapshotDraft Refused(string reason) => new(reason, null, null, _records, _findings);

    private SnapshotDraft Waiting(string reason) => new(null, reason, null, _records, _findings);
}
