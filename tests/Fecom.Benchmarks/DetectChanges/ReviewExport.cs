using System.Globalization;
using System.Text;
using Fecom.Contracts;

namespace Fecom.Benchmarks.DetectChanges;

/// <summary>An export of order reviews, the table with the longest rows: ids, times, and comments with quotes and separators in a tenth.</summary>
internal static class ReviewExport
{
    /// <summary>One row in a thousand is changed, one is gone and one is new, when it is the later of two.</summary>
    public static void Write(string path, int rows, bool later)
    {
        using StreamWriter output = new(
            path,
            append: false,
            new UTF8Encoding(encoderShouldEmitUTF8Identifier: true),
            bufferSize: 1 << 20
        );
        output.Write(string.Join(';', FecomTables.OrderReviews.Columns.Select(column => column.Header)));
        for (int row = 0; row < rows; row++)
        {
            int number = later && row % 1_000 == 1 ? rows + row : row;
            WriteRow(output, (ulong)number, later && row % 1_000 == 2 ? 1 : 5);
        }

        output.Write('\n');
    }

    private static void WriteRow(StreamWriter output, ulong number, int score)
    {
        ulong first = number * 0x9E37_79B9_7F4A_7C15;
        ulong second = (number * 0xD6E8_FEB8_6659_FD93) + 7;
        string comment =
            number % 10 == 0 ? "\"Good; \"\"as described\"\".\""
            : number % 3 == 0 ? "Arrived early"
            : "";
        output.Write(
            string.Create(
                CultureInfo.InvariantCulture,
                $"\n{first:x16}{second:x16};{second:x16}{first:x16};{score};;{comment};2024-05-06 00:00;2024-05-07 08:09"
            )
        );
    }
}
