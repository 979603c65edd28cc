using System.Globalization;
using Fecom.Contracts;
using Fecom.Ingestion.Generators.Shared;

namespace Fecom.Ingestion.Generators.GenerateTables;

/// <summary>Writes the eight tables of a made-up shop, consistent with each other, with the headers and some quirks of the real ones.</summary>
internal sealed class TablesWriter : IDisposable
{
    private const double WithoutCustomerId = 0.033;

    private static readonly string[] Comments =
    [
        "",
        "",
        "",
        "Arrived early, as described.",
        "Good; but the box was open.",
        "The seller calls it \"new\". It is not.",
        "First package: fine.\nSecond package: never came.",
        "Très bien, à recommander",
    ];

    private readonly long _seed;
    private readonly long _orders;
    private readonly MadeShop _shop;
    private readonly TableCsv _customers;
    private readonly TableCsv _orderList;
    private readonly TableCsv _items;
    private readonly TableCsv _payments;
    private readonly TableCsv _reviews;

    /// <param name="folder">Where the files go.</param>
    /// <param name="orders">How many orders.</param>
    /// <param name="seed">Names the shop, its customers and what they buy.</param>
    public TablesWriter(string folder, long orders, long seed)
    {
        (_seed, _orders, _shop) = (seed, orders, new MadeShop(seed, orders));
        _customers = new TableCsv($"{folder}/Fecom Inc Customer List.csv", FecomTables.Customers);
        _orderList = new TableCsv($"{folder}/Fecom Inc Orders.csv", FecomTables.Orders);
        _items = new TableCsv($"{folder}/Fecom Inc Order Items.csv", FecomTables.OrderItems);
        _payments = new TableCsv($"{folder}/Fecom Inc Order Payments.csv", FecomTables.OrderPayments);
        _reviews = new TableCsv($"{folder}/Fecom_Inc_Order_Reviews_No_Emojis.csv", FecomTables.OrderReviews);
        WriteShop(folder);
    }

    public void WriteOrder(long number)
    {
        MadeOrder order = new(_seed, number, _orders, _shop);
        Dice dice = order.Dice;
        WriteCustomer(order, ref dice);
        WriteTimes(order, ref dice);
        long total = WriteItems(order, ref dice);
        WritePayments(order, total, ref dice);
        WriteReview(order, number, ref dice);
    }

    public void Dispose()
    {
        _customers.Dispose();
        _orderList.Dispose();
        _items.Dispose();
        _payments.Dispose();
        _reviews.Dispose();
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private void WriteShop(string folder)
    {
        using TableCsv products = new($"{folder}/Fecom Inc Products.csv", FecomTables.Products, breakAtEnd: false);
        for (int number = 0; number < _shop.Products; number++)
        {
            MadeProduct product = _shop.Product(number);
            products.Write([
                product.Id,
                product.Category,
                .. product.Measures?.Select(measure => Text(measure)) ?? Enumerable.Repeat("", 4),
            ]);
        }

        using TableCsv sellers = new($"{folder}/Fecom Inc Sellers List.csv", FecomTables.Sellers, breakAtEnd: false);
        for (int number = 0; number < _shop.Sellers; number++)
        {
            (string id, string name, MadePlace place) = _shop.Seller(number);
            sellers.Write(id, name, place.PostalCode, place.City, place.CountryCode, place.Country);
        }

        using TableCsv places = new($"{folder}/Fecom Inc Geolocations.csv", FecomTables.Geolocations);
        for (int number = 0; number < _shop.Places; number++)
        {
            MadePlace place = _shop.Place(number);
            places.Write(place.PostalCode, place.Latitude, place.Longitude, place.City, place.Country);
        }

        // The real one has a million rows, nearly all of them like these.
        for (long empty = 0; empty < _orders; empty++)
        {
            places.Write("", "", "", "", "");
        }
    }

    private void WriteCustomer(MadeOrder order, ref Dice dice)
    {
        Dice subscriber = Dice.Of(_seed, DiceOf.Shopper, order.SubscriberNumber);
        string id = MadeShop.Id(ref subscriber);
        string age = Text(18 + subscriber.Below(60));
        string gender = subscriber.Hits(0.5) ? "Female" : "Male";
        string subscribed = order
            .Purchased.AddDays(-300 * dice.Unit())
            .ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        string first = order.Purchased.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        MadePlace place = order.Place;
        _customers.Write(
            order.CustomerId,
            id,
            subscribed,
            first,
            place.PostalCode,
            place.City,
            place.Country,
            place.CountryCode,
            age,
            gender
        );
        if (dice.Hits(WithoutCustomerId))
        {
            // Who subscribed and never ordered.
            _customers.Write(
                "",
                MadeShop.Id(ref dice),
                subscribed,
                "",
                place.PostalCode,
                place.City,
                place.Country,
                place.CountryCode,
                "",
                ""
            );
        }
    }

    private void WriteTimes(MadeOrder order, ref Dice dice)
    {
        DateTime approved = order.Purchased.AddHours(20 * dice.Unit());
        DateTime sent = approved.AddDays(3 * dice.Unit());
        DateTime delivered = sent.AddDays(1 + (12 * dice.Unit()));
        bool isSent = order.Status is "delivered" or "shipped";
        _orderList.Write(
            order.Id,
            order.CustomerId,
            order.Status,
            MadeOrder.Time(order.Purchased),
            dice.Hits(0.0016) ? "" : MadeOrder.Time(approved),
            isSent ? MadeOrder.Time(sent) : "",
            order.Status == "delivered" ? MadeOrder.Time(delivered) : "",
            MadeOrder.Time(order.Purchased.Date.AddDays(24))
        );
    }

    private long WriteItems(MadeOrder order, ref Dice dice)
    {
        long total = 0;
        for (int item = 0; item < order.Items.Count; item++)
        {
            MadeProduct product = order.Items[item];
            long freight = 500 + dice.Below(3_000);
            total += product.Cents + freight;
            (string seller, _, _) = _shop.Seller(product.Seller);
            string limit = MadeOrder.Time(order.Purchased.AddDays(4));
            _items.Write(
                order.Id,
                Text(item + 1),
                product.Id,
                seller,
                limit,
                MadeShop.Money(product.Cents),
                MadeShop.Money(freight)
            );
        }

        return total;
    }

    private void WritePayments(MadeOrder order, long total, ref Dice dice)
    {
        long voucher = dice.Hits(0.04) ? total / 4 : 0;
        string type =
            dice.Hits(0.75) ? "credit_card"
            : dice.Hits(0.8) ? "boleto"
            : "debit_card";
        _payments.Write(
            order.Id,
            "1",
            type,
            Text(type == "credit_card" ? 1 + dice.Below(8) : 1),
            MadeShop.Money(total - voucher)
        );
        if (voucher > 0)
        {
            _payments.Write(order.Id, "2", "voucher", "1", MadeShop.Money(voucher));
        }
    }

    private void WriteReview(MadeOrder order, long number, ref Dice dice)
    {
        if (dice.Hits(0.002))
        {
            return;
        }

        // One review in a hundred speaks of two orders.
        Dice review = Dice.Of(_seed, DiceOf.Visit, number % 100 == 99 ? number - 1 : number);
        DateTime created = order.Purchased.Date.AddDays(14);
        string comment = Comments[dice.Below(Comments.Length)];
        _reviews.Write(
            MadeShop.Id(ref review),
            order.Id,
            Text(dice.Hits(0.58) ? 5 : 1 + dice.Below(4)),
            comment.Length > 0 && dice.Hits(0.4) ? "Recommended" : "",
            comment,
            MadeOrder.Time(created),
            MadeOrder.Time(created.AddHours(90 * dice.Unit()))
        );
    }
}
