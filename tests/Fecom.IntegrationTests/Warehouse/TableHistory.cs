using System.Globalization;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Fecom.Warehouse.LoadChanges;

namespace Fecom.IntegrationTests.Warehouse;

/// <summary>
/// The tables of a small shop over some snapshots: rows come, change, go and come back, with texts that are not what their column
/// holds. It knows what silver and gold must make of its changes, worked out row by row and without SQL.
/// </summary>
internal sealed class TableHistory
{
    private const int Snapshots = 6;

    private static readonly DateTime Start = new(2026, 1, 10, 0, 0, 0, DateTimeKind.Utc);

    private readonly Random _random;
    private readonly Dictionary<FecomTable, SortedDictionary<string, List<Version>>> _versions =
        FecomTables.All.ToDictionary(
            table => table,
            _ => new SortedDictionary<string, List<Version>>(StringComparer.Ordinal)
        );

    public TableHistory(int seed)
    {
        _random = new Random(seed);
        for (int snapshot = 1; snapshot <= Snapshots; snapshot++)
        {
            foreach ((int place, FecomTable table) in FecomTables.All.Index())
            {
                Take(table, snapshot, Start.AddDays(20 * snapshot).AddHours(place));
            }
        }
    }

    /// <summary>Every change, table by table and in the order of its time.</summary>
    public List<TableRowChange> Changes { get; } = [];

    /// <summary>Rows of a table of silver: every version of every row.</summary>
    public List<string> Silver(FecomTable table) =>
        Sorted(
            _versions[table]
                .SelectMany(row =>
                    row.Value.Select(
                        (version, i) =>
                        {
                            DateTime? next = i + 1 < row.Value.Count ? row.Value[i + 1].At : null;
                            return Line([
                                .. table.Columns.Select(column =>
                                    Typed(table, column, (version.Row ?? row.Value[i - 1].Row!)[column.Name])
                                ),
                                Text(version.At),
                                Text(version.Row is null ? version.At : next),
                                version.Row is not null && next is null,
                                version.Row is null,
                            ]);
                        }
                    )
                )
        );

    /// <summary>What reads the same of silver.</summary>
    public static string SilverSql(FecomTable table) =>
        Sql(
            $"silver.{table.Name}",
            [
                .. table.Columns.Select(column => IsTime(column) ? $"{column.Name}@" : column.Name),
                "valid_from@",
                "valid_to@",
                "is_current",
                "is_deleted",
            ]
        );

    public IReadOnlyDictionary<string, (string Sql, List<string> Rows)> Gold
    {
        get
        {
            Dictionary<string, (string, List<string>)> gold = new(StringComparer.Ordinal)
            {
                ["dim_customer"] = (
                    Sql(
                        "gold.dim_customer",
                        [
                            "customer_trx_id",
                            "valid_from@",
                            "valid_to@",
                            "is_current",
                            "user_id",
                            "city",
                            "age",
                            "subscribed_at@",
                        ]
                    ),
                    Dimension(FecomTables.Customers, ["subscriber_id", "customer_city", "age", "subscribe_date"])
                ),
                ["dim_seller"] = (
                    Sql("gold.dim_seller", ["seller_id", "valid_from@", "valid_to@", "is_current", "name", "city"]),
                    Dimension(FecomTables.Sellers, ["seller_name", "seller_city"])
                ),
                ["dim_product"] = (
                    Sql(
                        "gold.dim_product",
                        [
                            "product_id",
                            "valid_from@",
                            "valid_to@",
                            "is_current",
                            "is_listed",
                            "category_name",
                            "weight_g",
                        ]
                    ),
                    Products()
                ),
            };
            Orders(gold);
            return gold;
        }
    }

    private static string Sql(string table, IReadOnlyList<string> columns) =>
        $"""
            select coalesce(array_agg(line order by line collate "C"), '{"{}"}') from (select concat_ws('|', {string.Join(
                ", ",
                columns.Select(column =>
                    column.EndsWith('@')
                        ? $"coalesce(to_char({column[..^1]} at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS'), '-')"
                        : $"coalesce({column}::text, '-')"
                )
            )}) as line from {table}) as lines
            """;

    private void Orders(Dictionary<string, (string Sql, List<string> Rows)> gold)
    {
        List<string> orders = [];
        List<string> items = [];
        List<string> reviews = [];
        List<string> waiting = [];
        ILookup<string, Row> itemsOf = Now(FecomTables.OrderItems).ToLookup(row => row["order_id"]!);
        ILookup<string, Row> paymentsOf = Now(FecomTables.OrderPayments).ToLookup(row => row["order_id"]!);
        ILookup<string, Row> reviewsOf = Now(FecomTables.OrderReviews).ToLookup(row => row["order_id"]!);
        Dictionary<string, Row> ordersNow = Now(FecomTables.Orders).ToDictionary(row => row["order_id"]!);
        foreach (Row order in ordersNow.Values)
        {
            string id = order["order_id"]!;
            orders.Add(
                Line([
                    id,
                    order["customer_trx_id"],
                    _versions[FecomTables.Customers][order["customer_trx_id"]!].FindLast(v => v.Row is not null)!.Row![
                        "subscriber_id"
                    ],
                    order["order_status"]!.ToLowerInvariant(),
                    Text(Time(order["order_purchase_timestamp"])),
                    Text(Time(order["order_approved_at"])),
                    itemsOf[id].Count(),
                    itemsOf[id].Select(item => item["product_id"]).Distinct().Count(),
                    Sum(itemsOf[id], "price"),
                    Sum(itemsOf[id], "freight_value"),
                    paymentsOf[id].Count(),
                    Sum(paymentsOf[id], "payment_value"),
                    reviewsOf[id].Count(),
                ])
            );
            items.AddRange(
                itemsOf[id]
                    .Select(item =>
                        Line([id, item["order_item_id"], item["product_id"], item["seller_id"], Number(item["price"])])
                    )
            );
            reviews.AddRange(
                reviewsOf[id].Select(review => Line([review["review_id"], id, review["review_comment_message_en"]]))
            );
        }

        waiting.AddRange(
            itemsOf
                .Select(of => of.Key)
                .Concat(paymentsOf.Select(of => of.Key))
                .Concat(reviewsOf.Select(of => of.Key))
                .Distinct()
                .Where(id => !ordersNow.ContainsKey(id))
                .Select(id => Line([id, "order_is_known"]))
        );
        gold["fact_order"] = (
            Sql(
                "gold.fact_order",
                [
                    "order_id",
                    "customer_trx_id",
                    "user_id",
                    "status",
                    "ordered_at@",
                    "approved_at@",
                    "items",
                    "products",
                    "trim_scale(items_value)",
                    "trim_scale(freight_value)",
                    "payments",
                    "trim_scale(paid)",
                    "reviews",
                ]
            ),
            Sorted(orders)
        );
        gold["fact_order_item"] = (
            Sql("gold.fact_order_item", ["order_id", "order_item_id", "product_id", "seller_id", "price"]),
            Sorted(items)
        );
        gold["fact_review"] = (Sql("gold.fact_review", ["review_id", "order_id", "message"]), Sorted(reviews));
        gold["waiting_order"] = (Sql("silver.waiting_order", ["order_id", "rule"]), Sorted(waiting));
    }

    private static string Sum(IEnumerable<Row> rows, string column) =>
        rows.Sum(row => decimal.TryParse(row[column], CultureInfo.InvariantCulture, out decimal value) ? value : 0)
            .ToString("0.####", CultureInfo.InvariantCulture);

    private IEnumerable<Row> Now(FecomTable table) =>
        _versions[table].Values.Select(versions => versions[^1].Row).OfType<Row>();

    private List<string> Dimension(FecomTable table, string[] columns)
    {
        List<string> lines = [];
        foreach ((string key, List<Version> versions) in _versions[table])
        {
            List<(DateTime At, string? Stated)> stated = Stated(
                versions,
                row => Line([.. columns.Select(name => Typed(table, Column(table, name), row[name]))])
            );
            foreach ((int i, (DateTime at, string? values)) in stated.Index())
            {
                if (values is not null)
                {
                    DateTime? next = i + 1 < stated.Count ? stated[i + 1].At : null;
                    lines.Add(Line([key, Text(at), Text(next), next is null, values]));
                }
            }
        }

        return Sorted(lines);
    }

    private List<string> Products()
    {
        List<string> lines = [];
        foreach ((string key, List<Version> versions) in _versions[FecomTables.Products])
        {
            List<(DateTime At, string? Stated)> stated = Stated(
                versions,
                row =>
                    Line([
                        true,
                        row["product_category_name"],
                        Number(row["product_weight_gr"]),
                        row["product_length_cm"],
                    ])
            );
            foreach ((int i, (DateTime at, string? values)) in stated.Index())
            {
                DateTime? next = i + 1 < stated.Count ? stated[i + 1].At : null;
                string shown = values is null ? Line([false, null, null]) : values[..values.LastIndexOf('|')];
                lines.Add(Line([key, Text(at), Text(next), next is null, shown]));
            }
        }

        return Sorted(lines);
    }

    /// <summary>Versions that say something else than the one before.</summary>
    private static List<(DateTime At, string? Stated)> Stated(List<Version> versions, Func<Row, string> textOf)
    {
        List<(DateTime At, string? Stated)> stated = [];
        foreach (Version version in versions)
        {
            string? now = version.Row is { } row ? textOf(row) : null;
            if (stated.Count == 0 ? now is not null : stated[^1].Stated != now)
            {
                stated.Add((version.At, now));
            }
        }

        return stated;
    }

    private void Take(FecomTable table, int snapshot, DateTime at)
    {
        foreach (Row row in Universe(table, snapshot))
        {
            string key = string.Join('/', table.Columns.Take(table.KeyColumns).Select(column => row[column.Name]));
            if (!_versions[table].TryGetValue(key, out List<Version>? versions))
            {
                versions = [];
            }

            Row? before = versions.Count > 0 ? versions[^1].Row : null;
            bool isRequired =
                snapshot == Snapshots && versions.Count == 0 && table.KeyColumns == 1 && table != FecomTables.Orders;
            bool isSettled = snapshot == Snapshots && table == FecomTables.OrderPayments;
            Row? after = isRequired || isSettled || _random.NextDouble() < 0.8 ? row : null;
            if (before is null && after is null || (before is not null && after is not null && Same(before, after)))
            {
                continue;
            }

            _versions[table][key] = versions;
            versions.Add(new Version(at, after));
            Changes.Add(new TableRowChange(table, Read(table, snapshot, at, before, after)));
        }
    }

    /// <summary>Every row that a table may have, with the values of this snapshot.</summary>
    private IEnumerable<Row> Universe(FecomTable table, int snapshot)
    {
        bool isLast = snapshot == Snapshots;
        IEnumerable<string?[]> rows = table.Name switch
        {
            "customers" => Enumerable
                .Range(0, 12)
                .Select(i =>
                    (string?[])
                        [
                            $"c{i}",
                            $"u{i % 7}",
                            Pick("2023-01-01", "2023-02-30", null),
                            null,
                            "FR-75005",
                            Pick("Paris", "Lyon"),
                            "France",
                            "FR",
                            Pick("30", "31", "old"),
                            null,
                        ]
                ),
            "geolocations" => Enumerable
                .Range(0, 3)
                .Select(i => (string?[])[$"g{i}", "48.85", Pick("2.35", "2.36"), "Paris", null]),
            "sellers" => Enumerable
                .Range(0, 4)
                .Select(i => (string?[])[$"s{i}", Pick("A", "B"), "1", Pick("Rome", "Milan"), "IT", "Italy"]),
            "products" => Enumerable
                .Range(0, 6)
                .Select(i => (string?[])[$"p{i}", Pick("Toys", "Art"), Pick("100", "250.5", null), null, null, null]),
            "orders" => Enumerable
                .Range(0, 16)
                .Select(i =>
                    (string?[])
                        [
                            $"o{i}",
                            $"c{i % 12}",
                            Pick("Delivered", "shipped"),
                            $"2024-03-{1 + i:00} 10:0{snapshot % 2}",
                            Pick("2024-03-20 10:00", "soon", null),
                            null,
                            null,
                            null,
                        ]
                ),
            "order_items" => Enumerable
                .Range(0, 32)
                .Select(i =>
                    (string?[])
                        [
                            $"o{i / 2}",
                            $"{1 + (i % 2)}",
                            $"p{_random.Next(6)}",
                            $"s{_random.Next(4)}",
                            "2024-03-30 00:00",
                            Pick("10.00", "12.50", "n/a"),
                            "1.25",
                        ]
                ),
            "order_payments" => Enumerable
                .Range(0, 16)
                .Select(i =>
                    (string?[])
                        [
                            $"o{i}",
                            "1",
                            Pick("card", "voucher"),
                            "2",
                            isLast ? Due($"o{i}") : Pick("5.00", "11.25", "22.50"),
                        ]
                ),
            _ => Enumerable
                .Range(0, 8)
                .Select(i =>
                    (string?[])
                        [
                            $"r{i / 2}",
                            $"o{i}",
                            Pick("1", "5"),
                            null,
                            Pick("Good; \"really\"", "a\nb", "nul \0 there"),
                            "2024-04-01 00:00",
                            "2024-04-02 06:00",
                        ]
                ),
        };
        return rows.Select(values => new Row(
            table.Columns.Zip(values).ToDictionary(pair => pair.First.Name, pair => pair.Second)
        ));
    }

    /// <summary>What the order's items cost now: items come before payments.</summary>
    private string Due(string order)
    {
        Row[] items = [.. Now(FecomTables.OrderItems).Where(item => item["order_id"] == order)];
        decimal due =
            decimal.Parse(Sum(items, "price"), CultureInfo.InvariantCulture)
            + decimal.Parse(Sum(items, "freight_value"), CultureInfo.InvariantCulture);
        return (due + 0.3m).ToString("0.00", CultureInfo.InvariantCulture);
    }

    private string? Pick(params string?[] values) => values[_random.Next(values.Length)];

    private static TableChange Read(FecomTable table, int snapshot, DateTime at, Row? before, Row? after) =>
        new TableChangeFormat(table).Read(
            TopicJson.Write(
                new RowChange
                {
                    Op =
                        before is null ? "c"
                        : after is null ? "d"
                        : "u",
                    Before = Json(table, before),
                    After = Json(table, after),
                    Source = new()
                    {
                        File = "t.csv",
                        Line = 1,
                        Snapshot = snapshot,
                        Ts = at,
                    },
                }
            )
        );

    private static JsonElement? Json(FecomTable table, Row? row) =>
        row is null
            ? null
            : JsonSerializer.SerializeToElement(
                table.Columns.ToDictionary(
                    column => column.Name,
                    column =>
                        column.IsNumber
                        && decimal.TryParse(row[column.Name], CultureInfo.InvariantCulture, out decimal number)
                            ? (object)number
                            : row[column.Name]
                )
            );

    private static bool Same(Row one, Row other) => one.Values.All(value => other[value.Key] == value.Value);

    private static FecomColumn Column(FecomTable table, string name) =>
        table.Columns.First(column => column.Name == name);

    private static bool IsTime(FecomColumn column) =>
        column.Name.EndsWith("_date", StringComparison.Ordinal)
        || column.Name.EndsWith("_at", StringComparison.Ordinal)
        || column.Name.EndsWith("_timestamp", StringComparison.Ordinal);

    private static string? Typed(FecomTable table, FecomColumn column, string? value) =>
        IsTime(column) ? Text(Time(value))
        : column.IsNumber && !table.Columns.Take(table.KeyColumns).Contains(column) ? Number(value)
        : value?.Replace('\0', '\uFFFD');

    private static string? Number(string? value) =>
        decimal.TryParse(value, CultureInfo.InvariantCulture, out _) ? value : null;

    private static DateTime? Time(string? value) =>
        DateTime.TryParse(value, CultureInfo.InvariantCulture, out DateTime time) ? time : null;

    private static string? Text(DateTime? time) => time?.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Line(object?[] values) =>
        string.Join(
            '|',
            values.Select(value =>
                value switch
                {
                    null => "-",
                    bool b => b ? "true" : "false",
                    string text => text.Replace('\0', '\uFFFD'),
                    _ => Convert.ToString(value, CultureInfo.InvariantCulture),
                }
            )
        );

    private static List<string> Sorted(IEnumerable<string> lines) => [.. lines.Order(Utf8Order.Instance)];

    private sealed record Version(DateTime At, Row? Row);

    private sealed record Row(Dictionary<string, string?> Values)
    {
        public string? this[string column] => Values[column];
    }

    /// <summary>The order of PostgreSQL's collation C.</summary>
    private sealed class Utf8Order : IComparer<string>
    {
        public static Utf8Order Instance { get; } = new();

        public int Compare(string? x, string? y) =>
            System.Text.Encoding.UTF8.GetBytes(x!).AsSpan().SequenceCompareTo(System.Text.Encoding.UTF8.GetBytes(y!));
    }
}

/// <summary>A change of a table's row.</summary>
internal sealed record TableRowChange(FecomTable Table, TableChange Change);
