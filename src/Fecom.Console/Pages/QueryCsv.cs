using System.Buffers;
using System.Text;
using System.Text.Json;
using Fecom.WebConsole.Requests;

namespace Fecom.WebConsole.Pages;

/// <summary>
/// An answer as a file that spreadsheets open: CSV of RFC 4180, with the mark by which they know UTF-8. A text that they would take for
/// a formula gets an apostrophe before it: brands and categories are what a shop's pages sent, and a formula can send away what stands beside it.
/// </summary>
internal static class QueryCsv
{
    private const string Mark = "\uFEFF";

    private static readonly SearchValues<char> Special = SearchValues.Create(",\"\r\n");

    /// <summary>What a formula begins with in one spreadsheet or another.</summary>
    private static readonly SearchValues<char> Formula = SearchValues.Create("=+-@\t\r");

    public static string Of(StoreAnswers.QueryResult result)
    {
        StringBuilder csv = new(Mark);
        Add(csv, result.Columns.Select(column => Plain(column.Name)));
        foreach (IReadOnlyList<JsonElement> row in result.Rows)
        {
            Add(csv, row.Select(value => value.ValueKind == JsonValueKind.String ? Plain(Text(value)) : Text(value)));
        }

        return csv.ToString();
    }

    /// <summary>A value as a person reads it; nothing for a null.</summary>
    public static string Text(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.Null or JsonValueKind.Undefined => "",
            JsonValueKind.String => value.GetString()!,
            _ => value.GetRawText(),
        };

    private static void Add(StringBuilder csv, IEnumerable<string> fields) =>
        csv.AppendJoin(',', fields.Select(Field)).Append("\r\n");

    private static string Plain(string text) => text.Length > 0 && Formula.Contains(text[0]) ? $"'{text}" : text;

    private static string Field(string text) =>
        text.AsSpan().ContainsAny(Special) ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
}
