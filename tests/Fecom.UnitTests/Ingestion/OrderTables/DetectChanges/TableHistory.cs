using System.Globalization;
using System.Text;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Ingestion.OrderTables.DetectChanges;
using Fecom.Ingestion.Shared.ReadCsv;
using Fecom.Platform.Messaging;

namespace Fecom.UnitTests.Ingestion.OrderTables.DetectChanges;

/// <summary>A table's files, one after the other, and what each of them changed. No database, no Kafka.</summary>
internal sealed class TableHistory(FecomTable table) : IDisposable
{
    public static readonly DateTime Taken = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fecom-snapshots-");
    private long _number;
    private long _position;

    private TableSnapshots Snapshots => new(Path.Combine(_folder.FullName, table.Name));

    public Findings Findings { get; private set; } = new();

    public ChangeCounts Counts { get; private set; } = new();

    public SnapshotDraft Draft { get; private set; } = new(null, null, null, 0, new Findings());

    /// <summary>Takes a file, and gives its changes.</summary>
    public List<RowChange> Take(string csv, string name = "export.csv") => Take(Encoding.UTF8.GetBytes(csv), name);

    public List<RowChange> Take(byte[] csv, string name = "export.csv") =>
        [
            .. Messages(csv, name)
                .Select(message => JsonSerializer.Deserialize<RowChange>(message.Value, TopicJson.Options)!),
        ];

    public List<OutgoingMessage> Messages(byte[] csv, string name = "export.csv")
    {
        string path = Path.Combine(_folder.FullName, name);
        File.WriteAllBytes(path, csv);
        return Build(path) ? Compare() : [];
    }

    /// <summary>Reads a file into the next snapshot; false when it is not taken.</summary>
    public bool Build(string path)
    {
        using CsvFile file = CsvFile.Open(path, mayGrow: false);
        using SnapshotWriter writer = Snapshots.Begin();
        Draft = new SnapshotBuilder(file, table, writer, (_, _) => { }).Build(CancellationToken.None);
        if (!Draft.IsTaken)
        {
            return false;
        }

        writer.Seal(
            new SnapshotInfo
            {
                Table = table.Name,
                Number = _number + 1,
                BasePosition = _position,
                FileName = Path.GetFileName(path),
                FileSize = new FileInfo(path).Length,
                FileModifiedAt = Taken,
                TakenAt = Taken,
                Records = Draft.Records,
                Findings = Draft.Findings,
            }
        );
        Snapshots.Promise();
        return true;
    }

    /// <summary>Compares the next snapshot with the last one, and puts it in its place.</summary>
    public List<OutgoingMessage> Compare()
    {
        List<OutgoingMessage> messages = Differences(out bool held);
        ChangeCounts counts = Counts;
        if (held)
        {
            Snapshots.MergeHeld();
        }

        // Whatever was sent of a snapshot is sent again after a crash, and is the same.
        Assert(messages, Differences(out _));
        Counts = counts;
        Snapshots.Commit();
        _number++;
        _position += messages.Count;
        return messages;
    }

    public void Dispose() => _folder.Delete(recursive: true);

    public static Dictionary<string, string?> Values(JsonElement? row) =>
        row is { } values
            ? values
                .EnumerateObject()
                .ToDictionary(
                    column => column.Name,
                    column => column.Value.ValueKind == JsonValueKind.Null ? null : column.Value.ToString(),
                    StringComparer.Ordinal
                )
            : [];

    private List<OutgoingMessage> Differences(out bool hasHeld)
    {
        using SnapshotFile pending = Snapshots.Pending()!;
        using SnapshotFile? current = Snapshots.Current();
        SnapshotWriter? held = null;
        SnapshotDiff diff = new(
            table,
            current,
            pending,
            [],
            (partition, row, line) =>
                (held ??= Snapshots.BeginHeld()).Append(partition, row.Span, line, unreadable: false)
        );
        List<OutgoingMessage> messages = [.. diff.Batches(3).SelectMany(batch => batch.Messages)];
        hasHeld = held is not null;
        held?.Seal(pending.Info);
        held?.Dispose();
        (Counts, Findings) = (diff.Counts, pending.Info.Findings.With(diff.Duplicates));
        return messages;
    }

    private static void Assert(List<OutgoingMessage> once, List<OutgoingMessage> again) =>
        Xunit.Assert.Equal(once.Select(Text), again.Select(Text));

    private static string Text(OutgoingMessage message) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{message.Origin!.Value.Position} {Encoding.UTF8.GetString(message.Key!)} {Encoding.UTF8.GetString(message.Value)}"
        );
}
