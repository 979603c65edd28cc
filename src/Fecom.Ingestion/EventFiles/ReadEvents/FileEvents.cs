using System.Globalization;
using Fecom.Contracts;
using Fecom.Ingestion.EventFiles.Shared;
using Fecom.Ingestion.Shared.ReadCsv;

namespace Fecom.Ingestion.EventFiles.ReadEvents;

/// <summary>Reads a file's events without a host: rows go through the same rules as validation's, and what breaks one is left out.</summary>
internal static class FileEvents
{
    /// <summary>The events, in the order of the file; at least one.</summary>
    /// <param name="path">A file of behaviour events, plain or <c>.gz</c>.</param>
    /// <param name="name">What the events say of their source, after <c>file:</c>.</param>
    /// <param name="time">Tells when they were received.</param>
    /// <param name="log">Hears how many rows were left out, and why the first one was.</param>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    /// <exception cref="ArgumentException">It is no file of behaviour events, is damaged or cut off, or holds none that keeps the rules; the message says why.</exception>
    public static List<BehaviorEvent> Read(string path, string name, TimeProvider time, TextWriter log)
    {
        using BehaviorFile file = BehaviorFile.Open(path, mayGrow: false);
        if (!file.TryReadHeader(out string? refusal))
        {
            throw WrongArgument.Of($"{path}: {refusal ?? "The file is empty."}");
        }

        string source = $"file:{name}";
        ulong hash = EventId.HashSource(source);
        DateTime now = time.GetUtcNow().UtcDateTime;
        IReadOnlyList<EventField> rules = new EventRules().Fields;
        using RawEventWriter writer = new(file.Header!, source);
        CsvRecordReader row = file.Reader;
        List<BehaviorEvent> events = [];
        long refused = 0;
        string? first = null;
        while (ReadRow(file, path))
        {
            string? fault = row.FaultMessage;
            if (row.Fault == CsvFault.None)
            {
                Dictionary<EventKey, FieldValue> fields = Fields(writer.Write(row, now).Value, rules);
                fault = Broken(fields, rules);
                if (fault is null)
                {
                    events.Add(EventOf(fields, EventId.At(hash, row.Line), source, row.Line, now));
                    continue;
                }
            }

            refused++;
            first ??= string.Create(CultureInfo.InvariantCulture, $"line {row.Line}: {fault}");
        }

        if (events.Count == 0)
        {
            throw WrongArgument.Of(
                refused == 0
                    ? $"{path}: It holds a header and no event."
                    : string.Create(
                        CultureInfo.InvariantCulture,
                        $"{path}: None of its {refused:N0} rows is an event; the first, {first}"
                    )
            );
        }

        if (refused > 0)
        {
            log.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{path}: {refused:N0} rows are left out; the first, {first}"
                )
            );
        }

        return events;
    }

    /// <summary>Reads the next row; false after the last one.</summary>
    /// <exception cref="ArgumentException">The rest is missing or damaged: a part of the events must not be taken for all of them.</exception>
    private static bool ReadRow(BehaviorFile file, string path)
    {
        bool read = file.ReadRow();
        return !read && file.Damage() is { } damage
            ? throw WrongArgument.Of($"{path}: {damage}; nothing of it is taken.")
            : read;
    }

    private static Dictionary<EventKey, FieldValue> Fields(byte[] json, IReadOnlyList<EventField> rules)
    {
        Dictionary<EventKey, FieldValue> fields = new(rules.Count);
        foreach (EventField rule in rules)
        {
            fields[rule.Key] = FieldValue.Plain(EventReader.Field(json, rule.Key));
        }

        return fields;
    }

    private static string? Broken(Dictionary<EventKey, FieldValue> fields, IReadOnlyList<EventField> rules)
    {
        foreach (EventField rule in rules)
        {
            if (rule.Broken(fields[rule.Key]) is { } broken)
            {
                return broken.Message;
            }
        }

        return null;
    }

    private static BehaviorEvent EventOf(
        Dictionary<EventKey, FieldValue> fields,
        Guid id,
        string source,
        long line,
        DateTime now
    )
    {
        string type = fields[EventKey.EventType].Raw.Text!;
        return new BehaviorEvent
        {
            EventId = id,
            EventTime = fields[EventKey.EventTime].Time!.Value,
            EventType = BehaviorEventTypes.TryParse(type, out BehaviorEventType known)
                ? known
                : throw new InvalidDataException($"Line {line} passed the rules with an event_type of '{type}'."),
            ProductId = fields[EventKey.ProductId].Raw.Text!,
            CategoryId = Optional(fields[EventKey.CategoryId]),
            CategoryCode = Optional(fields[EventKey.CategoryCode]),
            Brand = Optional(fields[EventKey.Brand]),
            Price = fields[EventKey.Price].Number!.Value,
            UserId = fields[EventKey.UserId].Raw.Text!,
            UserSession = fields[EventKey.UserSession].Raw.Text!,
            Source = source,
            Position = line,
            ReceivedAt = now,
            ValidatedAt = now,
        };
    }

    private static string? Optional(in FieldValue value) => value.Raw.IsMissing ? null : value.Raw.Text;
}
