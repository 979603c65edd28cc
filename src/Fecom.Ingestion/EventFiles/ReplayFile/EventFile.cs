using System.Text;
using Fecom.Ingestion.EventFiles.Shared;
using Fecom.Ingestion.Shared.ReadCsv;
using Fecom.Platform.Messaging;

namespace Fecom.Ingestion.EventFiles.ReplayFile;

/// <summary>An event of a file, ready to be sent.</summary>
/// <param name="Line">Its line.</param>
/// <param name="Due">When, counted from the first event.</param>
/// <param name="Json">The event.</param>
internal readonly record struct DueEvent(long Line, TimeSpan Due, byte[] Json);

/// <summary>Reads the events of a file that is to be sent.</summary>
internal sealed class EventFile : IDisposable
{
    private readonly BehaviorFile _file;
    private readonly RawEventWriter _writer;
    private readonly Pace _pace;
    private readonly long _fromLine;

    private EventFile(BehaviorFile file, RawEventWriter writer, Pace pace, long fromLine) =>
        (_file, _writer, _pace, _fromLine) = (file, writer, pace, fromLine);

    /// <summary>Lines that are no events and were skipped.</summary>
    public long Malformed { get; private set; }

    /// <summary>The first of them, for a person; null when there is none.</summary>
    public string? FirstMalformed { get; private set; }

    /// <summary>After the last event: what of a compressed file was not read; null when it was read to its end.</summary>
    public string? Damage { get; private set; }

    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="ArgumentException">It is no file of behaviour events; the message says why.</exception>
    public static EventFile Open(string path, Pace pace, long fromLine)
    {
        BehaviorFile file = BehaviorFile.Open(path, mayGrow: false);
        if (file.TryReadHeader(out string? refusal))
        {
            return new EventFile(file, new RawEventWriter(file.Header!, "replay"), pace, fromLine);
        }

        file.Dispose();
        throw WrongArgument.Of($"{path}: {refusal ?? "The file is empty."}");
    }

    public IEnumerable<DueEvent> Read(DateTime now)
    {
        CsvRecordReader row = _file.Reader;
        int timeColumn = _file.Header!.PlaceOf(0);
        while (_file.ReadRow())
        {
            if (row.Line < _fromLine)
            {
                continue;
            }

            if (row.Fault != CsvFault.None)
            {
                Malformed++;
                FirstMalformed ??= $"line {row.Line}: {row.FaultMessage}";
                continue;
            }

            OutgoingMessage message = _writer.Write(row, now);
            yield return new DueEvent(
                row.Line,
                _pace.Next(Encoding.UTF8.GetString(row.Field(timeColumn))),
                message.Value
            );
        }

        Damage = _file.Damage() is { } damage
            ? $"{damage}; it is sent up to there. Once it is whole, --from {row.Line} goes on."
            : null;
    }

    public void Dispose()
    {
        _writer.Dispose();
        _file.Dispose();
    }
}
