using System.Globalization;
using Fecom.Contracts;
using Fecom.Ingestion.Generators.GenerateTables;
using Fecom.Ingestion.Shared.FindFiles;
using Fecom.UnitTests.Ingestion.OrderTables.DetectChanges;
using Xunit;

namespace Fecom.UnitTests.Ingestion.Generators.GenerateTables;

/// <summary>The made-up tables: readable like the real ones, and consistent with each other.</summary>
public sealed class GenerateTablesCommandTests : IClassFixture<GenerateTablesCommandTests.Tables>
{
    private readonly Tables _tables;

    public GenerateTablesCommandTests(Tables tables) => _tables = tables;

    [Fact]
    public void EveryTable_IsTakenWithoutAMalformedOrDoubleRow()
    {
        Assert.Equal(FecomTables.All.Select(table => table.Name), _tables.Rows.Keys.Order(StringComparer.Ordinal));
        Assert.All(_tables.Found.Values, findings => Assert.Equal((0, 0), (findings.Malformed, findings.Duplicate)));
    }

    [Fact]
    public void Quirks_AreThoseOfTheRealTables()
    {
        Assert.Equal(2_000, _tables.Found["geolocations"].Empty);
        Assert.InRange(_tables.Found["customers"].WithoutKey, 40, 100);
        Assert.All(
            _tables.Rows["geolocations"],
            row => Assert.InRange(double.Parse(row["geo_lat"]!, CultureInfo.InvariantCulture), 35, 60)
        );
        Assert.Contains(
            _tables.Rows["order_reviews"],
            row => row["review_comment_message_en"]?.Contains('\n', StringComparison.Ordinal) is true
        );
        Assert.Contains(_tables.Rows["products"], row => row["product_category_name"] == "#N/A");
        Assert.Contains(_tables.Rows["orders"], row => row["order_delivered_customer_date"] is null);
    }

    [Fact]
    public void WhatOneTableNames_TheOthersHave()
    {
        Assert.Subset(Column("orders", "order_id"), Column("order_items", "order_id"));
        Assert.Equal(Column("orders", "order_id"), Column("order_items", "order_id"));
        Assert.Equal(Column("orders", "order_id"), Column("order_payments", "order_id"));
        Assert.Subset(Column("orders", "order_id"), Column("order_reviews", "order_id"));
        Assert.Equal(Column("customers", "customer_trx_id"), Column("orders", "customer_trx_id"));
        Assert.Subset(Column("products", "product_id"), Column("order_items", "product_id"));
        Assert.Subset(Column("sellers", "seller_id"), Column("order_items", "seller_id"));
        Assert.Subset(Column("geolocations", "geo_postal_code"), Column("customers", "customer_postal_code"));
    }

    [Fact]
    public void Payments_AreWhatTheItemsCost()
    {
        Dictionary<string, decimal> paid = Sum("order_payments", row => Number(row["payment_value"]));
        Dictionary<string, decimal> cost = Sum(
            "order_items",
            row => Number(row["price"]) + Number(row["freight_value"])
        );
        Assert.Equal(
            cost.OrderBy(order => order.Key, StringComparer.Ordinal),
            paid.OrderBy(order => order.Key, StringComparer.Ordinal)
        );
    }

    [Fact]
    public void SomeBuyTwice() => Assert.InRange(Column("customers", "subscriber_id").Count / 2_000.0, 0.94, 0.99);

    [Fact]
    public void Run_WithTheSameSeed_WritesTheSameBytes()
    {
        using Tables again = new();
        Assert.Equal(_tables.Files.Select(File.ReadAllBytes), again.Files.Select(File.ReadAllBytes));
    }

    [Theory]
    [InlineData(0, "x", "--orders")]
    [InlineData(1, " ", "--fecom")]
    public void Run_WithAWrongArgument_NamesIt(long orders, string folder, string named)
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() =>
            GenerateTablesCommand.Run(orders, 1, folder, CancellationToken.None)
        );
        Assert.StartsWith(named, error.Message, StringComparison.Ordinal);
    }

    private HashSet<string> Column(string table, string column) => [.. _tables.Rows[table].Select(row => row[column]!)];

    private Dictionary<string, decimal> Sum(string table, Func<Dictionary<string, string?>, decimal> amount) =>
        _tables
            .Rows[table]
            .GroupBy(row => row["order_id"]!)
            .ToDictionary(order => order.Key, order => order.Sum(amount), StringComparer.Ordinal);

    private static decimal Number(string? text) => decimal.Parse(text!, CultureInfo.InvariantCulture);

    public sealed class Tables : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fecom-tables-");

        public Tables()
        {
            GenerateTablesCommand.Run(2_000, 5, _folder.FullName, CancellationToken.None);
            foreach (string path in Files)
            {
                FecomTable table = TableFileName.TableOf(Path.GetFileName(path))!;
                using TableHistory history = new(table);
                Rows[table.Name] =
                [
                    .. history.Take(File.ReadAllBytes(path)).Select(change => TableHistory.Values(change.After)),
                ];
                Found[table.Name] = (
                    history.Findings.Malformed.Count,
                    history.Findings.Empty.Count,
                    history.Findings.WithoutKey.Count,
                    history.Findings.Duplicate.Count
                );
            }
        }

        internal IEnumerable<string> Files => Directory.GetFiles(_folder.FullName).Order(StringComparer.Ordinal);

        internal Dictionary<string, List<Dictionary<string, string?>>> Rows { get; } = new(StringComparer.Ordinal);

        internal Dictionary<string, (long Malformed, long Empty, long WithoutKey, long Duplicate)> Found { get; } =
            new(StringComparer.Ordinal);

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
