using System.Text;

namespace Fecom.UnitTests.Ingestion.Shared.ReadCsv;

/// <summary>The same rules, one character at a time and in memory: slow, and easy to believe.</summary>
internal static class CsvOracle
{
    public static List<(long Line, int Offset, bool Whole, bool Terminated, string Record, string Fields)> Rows(
        string text,
        int expected
    )
    {
        List<(long, int, bool, bool, string, string)> rows = [];
        int line = 1;
        for (int at = 0; at < text.Length; )
        {
            int firstBreak = text.IndexOf('\n', at);
            string firstLine = firstBreak < 0 ? text[at..] : text[at..firstBreak].TrimEndOne('\r');
            if (firstLine.Length == 0 && firstBreak >= 0)
            {
                (at, line) = (firstBreak + 1, line + 1);
                continue;
            }

            (List<string>? fields, int end, bool terminated) = Record(text, at);
            bool whole = fields is not null && fields.Count == expected;
            int next =
                whole ? end
                : firstBreak < 0 ? text.Length
                : firstBreak + 1;
            string record = whole ? text[at..end].TrimEndOne('\n').TrimEndOne('\r', terminated) : firstLine;
            rows.Add(
                (
                    line,
                    at,
                    whole,
                    whole ? terminated : firstBreak >= 0,
                    record,
                    whole ? string.Join('|', fields!) : string.Empty
                )
            );
            line += text[at..next].Count(c => c == '\n');
            at = next;
        }

        return rows;
    }

    private static (List<string>? Fields, int End, bool Terminated) Record(string text, int at)
    {
        List<string> fields = [];
        StringBuilder field = new();
        while (true)
        {
            if (at < text.Length && text[at] == '"')
            {
                for (at++; ; at++)
                {
                    if (at >= text.Length)
                    {
                        return (null, at, false);
                    }

                    if (text[at] == '"' && (at + 1 >= text.Length || text[at + 1] != '"'))
                    {
                        at++;
                        break;
                    }

                    at += text[at] == '"' ? 1 : 0;
                    field.Append(text[at]);
                }
            }
            else
            {
                while (
                    at < text.Length
                    && text[at] is not (',' or '\n')
                    && !(text[at] == '\r' && at + 1 < text.Length && text[at + 1] == '\n')
                )
                {
                    field.Append(text[at++]);
                }
            }

            fields.Add(field.ToString());
            field.Clear();
            if (at >= text.Length)
            {
                return (fields, at, false);
            }

            if (text[at] == ',')
            {
                at++;
                continue;
            }

            int lineBreak =
                text[at] == '\n' ? 1
                : text[at..].StartsWith("\r\n", StringComparison.Ordinal) ? 2
                : 0;
            return (lineBreak == 0 ? null : fields, at + lineBreak, true);
        }
    }

    private static string TrimEndOne(this string text, char last, bool when = true) =>
        when && text.EndsWith(last) ? text[..^1] : text;
}
