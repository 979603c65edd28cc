using System.Text;
using Fecom.Contracts;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Fecom.UnitTests.Ingestion.OrderTables.DetectChanges;

/// <summary>Whatever files follow each other in whatever dialect: the changes are those that a slow oracle finds.</summary>
public sealed class SnapshotProperties
{
    private static readonly string[] Texts = ["", "x", "y;z", "y,z", "say \"so\"", "two\nlines", "é€", " ", " padded "];
    private static readonly string[] Numbers = ["", "1", "1.5", "1,5", "-2,25", "many", "1,234,5", " 7 "];

    [Fact]
    public void WhateverFilesFollow_TheChangesAreTheOracles()
    {
        Gen<Line> line =
            from kind in Gen.Frequency(
                (12, Gen.Constant(Kind.Row)),
                (1, Gen.Constant(Kind.Empty)),
                (1, Gen.Constant(Kind.WithoutKey)),
                (1, Gen.Constant(Kind.Malformed))
            )
            from order in Gen.Elements("a", "b", " c ", "d\"")
            from sequence in Gen.Elements("1", "2", "10")
            from type in Gen.Elements(Texts)
            from installments in Gen.Elements(Numbers)
            from value in Gen.Elements(Numbers)
            // A line break inside a line that cannot be read would make two lines of it.
            select new Line(
                kind,
                kind == Kind.Malformed
                    ? [order.Trim('"'), sequence, "x", "1", "2"]
                    : [order, sequence, type, installments, value]
            );
        Gen<Export> export =
            from lines in line.ArrayOf().Resize(14)
            from separator in Gen.Elements(';', ',')
            from lineBreak in Gen.Elements("\n", "\r\n")
            from mark in Gen.Elements("", "\uFEFF")
            from order in Gen.Elements<int[]>([0, 1, 2, 3, 4], [4, 2, 0, 3, 1], [1, 0, 2, 4, 3])
            from lastBreak in Gen.Elements(true, false)
            select new Export(lines, separator, lineBreak, mark, order, lastBreak);
        Prop.ForAll(export.ArrayOf().Resize(6).ToArbitrary(), AgreesWithOracle)
            .Check(Config.QuickThrowOnFailure.WithMaxTest(1_000));
    }

    private static void AgreesWithOracle(Export[] exports)
    {
        using TableHistory history = new(FecomTables.OrderPayments);
        SnapshotOracle oracle = new();
        long position = 0;
        foreach (Export export in exports)
        {
            byte[] file = Encoding.UTF8.GetBytes(export.Text());
            if (export.Lines.Length == 0)
            {
                Assert.Empty(history.Messages(file));
                continue;
            }

            List<string> expected = oracle.Take(export.Lines);
            List<(long Position, string Change)> found =
            [
                .. history
                    .Messages(file)
                    .Select(message => (message.Origin!.Value.Position, SnapshotOracle.Describe(message.Value))),
            ];
            Assert.Equal(
                expected.Order(StringComparer.Ordinal),
                found.Select(change => change.Change).Order(StringComparer.Ordinal)
            );
            Assert.Equal(
                Enumerable.Range(1, found.Count).Select(i => position + i),
                found.Select(change => change.Position)
            );
            Assert.Equal(oracle.Duplicates, history.Findings.Duplicate.Count);
            Assert.Equal(export.Count(Kind.Empty), history.Findings.Empty.Count);
            Assert.Equal(export.Count(Kind.WithoutKey), history.Findings.WithoutKey.Count);
            Assert.Equal(export.Count(Kind.Malformed), history.Findings.Malformed.Count);
            Assert.Equal(oracle.Rows, history.Counts.Rows);
            position += found.Count;
        }
    }

    internal enum Kind
    {
        Row,
        Empty,
        WithoutKey,
        Malformed,
    }

    internal sealed record Line(Kind Kind, string[] Values);

    private sealed record Export(
        Line[] Lines,
        char Separator,
        string LineBreak,
        string Mark,
        int[] Order,
        bool LastBreak
    )
    {
        public int Count(Kind kind) => Lines.Count(line => line.Kind == kind);

        public string Text()
        {
            string[] header = [.. FecomTables.OrderPayments.Columns.Select(column => column.Header)];
            string text =
                Mark
                + string.Join(
                    LineBreak,
                    Lines.Select(Fields).Prepend([.. Order.Select(place => header[place])]).Select(Joined)
                )
                + LineBreak;
            // A last line that cannot be read and has no break is one that is cut, and waited for.
            return LastBreak || Lines.Length == 0 || Lines[^1].Kind == Kind.Malformed
                ? text
                : text[..^LineBreak.Length];
        }

        private string[] Fields(Line line)
        {
            string[] values = line.Kind switch
            {
                Kind.Empty => ["", " ", "", "", "  "],
                Kind.WithoutKey => [line.Values[0], "", "type", "1", "2"],
                _ => line.Values,
            };
            string[] placed = [.. Order.Select(place => values[place])];
            return line.Kind == Kind.Malformed ? [.. placed, "too", "many"] : placed;
        }

        private string Joined(string[] fields) =>
            string.Join(
                Separator,
                fields.Select(field =>
                    field.IndexOfAny([Separator, '"', '\n']) < 0
                        ? field
                        : $"\"{field.Replace("\"", "\"\"", StringComparison.Ordinal)}\""
                )
            );
    }
}
