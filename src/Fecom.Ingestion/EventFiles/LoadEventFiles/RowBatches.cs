using Fecom.Ingestion.EventFiles.Shared;
using Fecom.Ingestion.Shared.ReadCsv;
using Fecom.Platform.Messaging;

namespace Fecom.Ingestion.EventFiles.LoadEventFiles;

/// <summary>Rows that are sent together.</summary>
/// <param name="Messages">One a row, in the order of the lines.</param>
/// <param name="Position">The position after them; before a last line without a line break.</param>
/// <param name="End">Set on the last batch.</param>
internal sealed record RowBatch(IReadOnlyList<OutgoingMessage> Messages, LoadPosition Position, FileEnd? End);

/// <summary>How a file ended when it was read.</summary>
/// <param name="InLine">Its last line has no line break.</param>
/// <param name="LastLineSent">Whether that line was whole, and was sent.</param>
/// <param name="Notice">What could not be loaded, for a person.</param>
internal sealed record FileEnd(bool InLine, bool LastLineSent, string? Notice);

/// <summary>Reads a file's rows from a position on, batch by batch.</summary>
internal sealed class RowBatches(
    BehaviorFile file,
    RawEventWriter writer,
    LastLine lastLine,
    LoadPosition from,
    int batchRows
)
{
    private const int BatchBytes = 4 * 1024 * 1024;

    private readonly CsvRecordReader _reader = file.Reader;
    private LoadPosition _position = from;

    public RowBatch Next(DateTime receivedAt)
    {
        List<OutgoingMessage> messages = new(Math.Min(batchRows, 8_192));
        FileEnd? end = null;
        long bytes = 0;
        long malformed = _position.Malformed;
        while (end is null && messages.Count < batchRows && bytes < BatchBytes)
        {
            if (!_reader.Read())
            {
                end = new FileEnd(InLine: false, LastLineSent: false, Damage(_reader.Next));
            }
            else if (!_reader.Terminated)
            {
                end = EndWithoutBreak(messages, receivedAt);
            }
            else
            {
                malformed += Take(messages, receivedAt);
                bytes += messages[^1].Value.Length;
            }
        }

        long rows = _position.Rows + messages.Count - (end is { LastLineSent: true } ? 1 : 0);
        bool before = end is { InLine: true };
        _position = new LoadPosition(
            before ? _reader.Here : _reader.Next,
            BehaviorFile.TailHash(before ? _reader.BeforeHere : _reader.BeforeNext),
            rows,
            malformed,
            file.BytesRead
        );
        return new RowBatch(messages, _position, end);
    }

    /// <returns>1 for a malformed row.</returns>
    private int Take(List<OutgoingMessage> messages, DateTime receivedAt)
    {
        messages.Add(writer.Write(_reader, receivedAt));
        if (_reader.Fault != CsvFault.None)
        {
            return 1;
        }

        lastLine.Observe(_reader);
        return 0;
    }

    private FileEnd EndWithoutBreak(List<OutgoingMessage> messages, DateTime receivedAt)
    {
        if (!_reader.Damaged && !_reader.EndsEarly && lastLine.IsWhole(_reader))
        {
            messages.Add(writer.Write(_reader, receivedAt));
            return new FileEnd(InLine: true, LastLineSent: true, Notice: null);
        }

        return new FileEnd(
            InLine: true,
            LastLineSent: false,
            Damage(_reader.Here) ?? $"The file ends in the middle of line {_reader.Line}; it is loaded up to there."
        );
    }

    /// <summary>Why a compressed file is not read to its end; null when it is.</summary>
    private string? Damage(CsvPosition position) =>
        _reader.Damaged ? $"The compressed data is damaged in line {position.Line}; the file is loaded up to there."
        : _reader.EndsEarly ? $"The compressed file ends early, in line {position.Line}; it is loaded up to there."
        : null;
}
