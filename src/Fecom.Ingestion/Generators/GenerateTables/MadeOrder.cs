using System.Globalization;
using Fecom.Ingestion.Generators.Shared;

namespace Fecom.Ingestion.Generators.GenerateTables;

/// <summary>One order, from its number alone: who, what and when.</summary>
internal sealed class MadeOrder
{
    private const double BoughtBefore = 0.033;
    private const double TwoProducts = 0.033;

    private static readonly DateTime Start = new(2023, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    public MadeOrder(long seed, long number, long orders, MadeShop shop)
    {
        Dice dice = Dice.Of(seed, DiceOf.Order, number);
        Id = MadeShop.Id(ref dice);
        CustomerId = MadeShop.Id(ref dice);
        // The shop grows: the later, the more orders a day.
        Purchased = Start.AddDays(700 * Math.Sqrt((number + dice.Unit()) / orders));
        SubscriberNumber = number > 0 && dice.Hits(BoughtBefore) ? (long)(number * dice.Unit()) : number;
        Place = shop.Place(dice.Below(shop.Places));
        Items = [.. Bought(ref dice, shop)];
        Status = dice.Unit() switch
        {
            < 0.970 => "delivered",
            < 0.981 => "shipped",
            < 0.987 => "canceled",
            < 0.993 => "unavailable",
            < 0.996 => "invoiced",
            _ => "processing",
        };
        Dice = dice;
    }

    public string Id { get; }

    public string CustomerId { get; }

    /// <summary>The first order of the same buyer, or this one.</summary>
    public long SubscriberNumber { get; }

    public DateTime Purchased { get; }

    public MadePlace Place { get; }

    public string Status { get; }

    public IReadOnlyList<MadeProduct> Items { get; }

    /// <summary>The order's chance, for what else is told of it.</summary>
    public Dice Dice { get; }

    public static string Time(DateTime time) => time.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    /// <summary>Mostly one; now and then more of it, or another one.</summary>
    private static List<MadeProduct> Bought(ref Dice dice, MadeShop shop)
    {
        MadeProduct product = Any(ref dice, shop);
        List<MadeProduct> items = [product];
        while (dice.Hits(0.09) && items.Count < 21)
        {
            items.Add(product);
        }

        if (dice.Hits(TwoProducts))
        {
            items.Add(Any(ref dice, shop));
        }

        return items;
    }

    /// <summary>A few products make most of the sales.</summary>
    private static MadeProduct Any(ref Dice dice, MadeShop shop)
    {
        double draw = dice.Unit();
        return shop.Product((int)(shop.Products * draw * draw * draw));
    }
}
