using System.Text.Json;
using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Kind = Fecom.UnitTests.Ingestion.OrderTables.DetectChanges.SnapshotProperties.Kind;
using Line = Fecom.UnitTests.Ingestion.OrderTables.DetectChanges.SnapshotProperties.Line;

namespace Fecom.UnitTests.Ingestion.OrderTables.DetectChanges;

/// <summary>The slow way: every row in memory, compared as text.</summary>
internal sealed class SnapshotOracle
{
    private static readonly string[] Names = [.. FecomTables.OrderPayments.Columns.Select(column => column.Name)];

    private Dictionary<string, string> _rows = new(StringComparer.Ordinal);

    public int Duplicates { get; private set; }

    public int Rows => _rows.Count;

    /// <summary>The changes of the next file.</summary>
    public List<string> Take(Line[] lines)
    {
        Dictionary<string, string> now = new(StringComparer.Ordinal);
        HashSet<string> unreadable = new(StringComparer.Ordinal);
        foreach (Line line in lines)
        {
            string key = $"{line.Values[0].Trim()}/{line.Values[1].Trim()}";
            if (line.Kind == Kind.Row)
            {
                now[key] = Row(line.Values);
            }
            else if (line.Kind == Kind.Malformed)
            {
                unreadable.Add(key);
            }
        }

        Duplicates = lines.Count(line => line.Kind == Kind.Row) - now.Count;
        foreach (string key in unreadable.Where(key => _rows.ContainsKey(key)))
        {
            now.TryAdd(key, _rows[key]);
        }

        List<string> changes =
        [
            .. now.Where(row => !_rows.ContainsKey(row.Key)).Select(row => $"c null {row.Value}"),
            .. now.Where(row => _rows.TryGetValue(row.Key, out string? before) && before != row.Value)
                .Select(row => $"u {_rows[row.Key]} {row.Value}"),
            .. _rows.Where(row => !now.ContainsKey(row.Key)).Select(row => $"d {row.Value} null"),
        ];
        _rows = now;
        return changes;
    }

    public static string Describe(byte[] message)
    {
        RowChange change = JsonSerializer.Deserialize<RowChange>(message, TopicJson.Options)!;
        return $"{change.Op} {Row(change.Before)} {Row(change.After)}";
    }

    private static string Row(JsonElement? row) =>
        row is { } values
            ? string.Join(
                '|',
                Names.Select(name => values.GetProperty(name)).Select(value => $"{value.ValueKind}:{value}")
            )
            : "null";

    private static string Row(string[] values) =>
        string.Join('|', values.Select((value, column) => Value(value, column)));

    private static string Value(string text, int column)
    {
        string trimmed = text.Trim();
        if (trimmed.Length == 0)
        {
            return "Null:";
        }

        if (column is 0 or 2)
        {
            return $"String:{(column == 0 ? trimmed : text)}";
        }

        string number =
            trimmed.Count(c => c == ',') == 1 && !trimmed.Contains('.', StringComparison.Ordinal)
                ? trimmed.Replace(',', '.')
                : trimmed;
        return decimal.TryParse(
            number,
            System.Globalization.NumberStyles.AllowLeadingSign | System.Globalization.NumberStyles.AllowDecimalPoint,
            System.Globalization.CultureInfo.InvariantCulture,
            out _
        )
            ? $"Number:{number}"
            : $"String:{number}";
    }
}
