using System.Text;
using Fecom.Contracts;
using Fecom.Testing;
using Xunit;

namespace Fecom.UnitTests.Ingestion.OrderTables.DetectChanges;

/// <summary>The real tables, and edits of them.</summary>
public sealed class RealTablesTests
{
    [Theory]
    [InlineData("Fecom Inc Order Items.csv", 112_650)]
    [InlineData("Fecom Inc Order Payments.csv", 103_886)]
    [InlineData("Fecom Inc Products.csv", 32_951)]
    [InlineData("Fecom Inc Sellers List.csv", 3_095)]
    public void ARealTable_IsTakenWhole_AndItsEditsAreItsChanges(string name, int rows)
    {
        string[] lines = File.ReadAllText(Repository.RealFileOrSkip($"fecom/{name}")).TrimEnd('\n').Split('\n');
        FecomTable table = Fecom.Ingestion.Shared.FindFiles.TableFileName.TableOf(name)!;
        using TableHistory history = new(table);
        Assert.Equal(rows, history.Take(Text(lines)).Count(change => change.Op == "c"));
        Assert.Equal(
            0,
            history.Findings.Duplicate.Count
                + history.Findings.Malformed.Count
                + history.Findings.Empty.Count
                + history.Findings.WithoutKey.Count
        );

        Assert.Empty(history.Take(Text([lines[0], .. lines.Skip(1).Reverse()])));

        // Every 100th row changes, the one after it goes, and one comes at the end.
        List<string> edited = [lines[0]];
        for (int line = 1; line < lines.Length; line++)
        {
            if (line % 100 != 1)
            {
                edited.Add(line % 100 == 0 ? lines[line] + "9" : lines[line]);
            }
        }

        edited.Add($"new;7{new string(';', table.Columns.Count - 2)}");
        ILookup<string, RowChange> changes = history.Take(Text(edited)).ToLookup(change => change.Op);
        Assert.Equal(
            (1, rows / 100, (rows + 99) / 100),
            (changes["c"].Count(), changes["u"].Count(), changes["d"].Count())
        );
    }

    private static byte[] Text(IEnumerable<string> lines) => Encoding.UTF8.GetBytes(string.Join('\n', lines));
}
