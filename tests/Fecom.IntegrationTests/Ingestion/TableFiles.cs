using System.Text;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Platform.Messaging;

namespace Fecom.IntegrationTests.Ingestion;

/// <summary>Exports of the Fecom tables for a test, and what their changes add up to.</summary>
internal static class TableFiles
{
    /// <summary>A table's export: rows by the values of their columns.</summary>
    public static byte[] Export(FecomTable table, IEnumerable<string[]> rows) =>
        Encoding.UTF8.GetBytes(
            string.Concat(
                rows.Prepend([.. table.Columns.Select(column => column.Header)])
                    .Select(row => string.Join(';', row) + "\n")
            )
        );

    /// <summary>Payments of so many orders; another version differs in every tenth row, and has others at the end.</summary>
    public static byte[] Payments(int rows, int version) =>
        Export(FecomTables.OrderPayments, PaymentRows(rows, version));

    public static IEnumerable<string[]> PaymentRows(int rows, int version) =>
        Enumerable
            .Range(0, rows)
            .Select(i =>
                (string[])[$"o{i + (version * rows / 5)}", "1", "card", "1", i % 10 == 0 ? $"{version}.00" : "7.50"]
            );

    /// <summary>The rows that a follower of the changes has, each as its values with a bar between them.</summary>
    /// <exception cref="InvalidOperationException">A change does not fit what came before it.</exception>
    public static SortedDictionary<string, string> Follow(IEnumerable<OutgoingMessage> messages)
    {
        SortedDictionary<string, string> rows = new(StringComparer.Ordinal);
        foreach (OutgoingMessage message in messages.OrderBy(message => message.Origin!.Value.Position))
        {
            RowChange change = JsonSerializer.Deserialize<RowChange>(message.Value, TopicJson.Options)!;
            string key = Encoding.UTF8.GetString(message.Key!);
            bool fits =
                change.Op == "c"
                    ? rows.TryAdd(key, Text(change.After))
                    : rows.Remove(key, out string? before) && before == Text(change.Before);
            if (change.Op == "u")
            {
                rows[key] = Text(change.After);
            }

            if (!fits)
            {
                throw new InvalidOperationException(
                    $"{Encoding.UTF8.GetString(message.Value)} does not fit what came before."
                );
            }
        }

        return rows;
    }

    /// <summary>The same of an export's rows.</summary>
    public static SortedDictionary<string, string> Rows(FecomTable table, IEnumerable<string[]> rows) =>
        new(
            rows.ToDictionary(
                row => string.Join('/', row.Take(table.KeyColumns)),
                row => string.Join('|', row),
                StringComparer.Ordinal
            ),
            StringComparer.Ordinal
        );

    private static string Text(JsonElement? row) =>
        string.Join('|', row!.Value.EnumerateObject().Select(column => column.Value.ToString()));
}
