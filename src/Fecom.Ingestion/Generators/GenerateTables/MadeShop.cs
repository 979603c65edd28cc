using System.Globalization;
using Fecom.Ingestion.Generators.Shared;

namespace Fecom.Ingestion.Generators.GenerateTables;

/// <summary>What the made-up shop sells, who sells it and where people live. Everything comes from the seed and a number.</summary>
internal sealed class MadeShop(long seed, long orders)
{
    private static readonly (string Name, double Weight, double Price)[] Categories =
    [
        ("Bed_Bath_Table", 9.2, 60),
        ("Sports_Leisure", 8.7, 70),
        ("Furniture_Decor", 8.1, 65),
        ("Health_Beauty", 7.4, 80),
        ("Housewares", 7.1, 55),
        ("Auto", 5.8, 85),
        ("Computers_Accessories", 5.0, 75),
        ("Toys", 4.3, 60),
        ("Watches_Gifts", 4.0, 130),
        ("Telephony", 3.4, 45),
        ("Perfumery", 2.6, 90),
        ("Stationery", 2.6, 40),
        ("Garden_Tools", 2.3, 70),
        ("Pet_Shop", 2.2, 65),
        ("#N/A", 1.9, 60),
        ("Electronics", 1.6, 50),
        ("Kitchen_Dining_Laundry_Garden_Furniture", 0.3, 160),
        ("Cds_Dvds_Musicals", 0.1, 30),
    ];

    private static readonly (string Country, string Code, string City, double Latitude, double Longitude)[] Cities =
    [
        ("Germany", "DE", "Potsdam", 52.39, 13.06),
        ("Germany", "DE", "Halle (Saale)", 51.48, 11.97),
        ("France", "FR", "Paris", 48.86, 2.35),
        ("France", "FR", "Saint-Étienne", 45.44, 4.39),
        ("Spain", "ES", "Oviedo", 43.36, -5.85),
        ("Switzerland", "CH", "Bellinzona", 46.19, 9.02),
        ("Italy", "IT", "Torino", 45.07, 7.69),
        ("Netherlands", "NL", "Utrecht", 52.09, 5.12),
    ];

    private readonly WeightedChoice _categories = new([.. Categories.Select(category => category.Weight)]);

    public int Products { get; } = (int)Math.Max(20, orders / 3);

    public int Sellers { get; } = (int)Math.Max(5, orders / 32);

    public int Places { get; } = (int)Math.Clamp(orders / 20, 20, 1_685);

    public MadeProduct Product(int number)
    {
        Dice dice = Dice.Of(seed, DiceOf.Ware, number);
        (string name, _, double price) = Categories[_categories.Draw(ref dice)];
        return new MadeProduct(
            Id(ref dice),
            name,
            (long)Math.Round(100 * price * Math.Exp(0.7 * dice.Normal())) + 85,
            dice.Below(Sellers),
            // Two of the real products have no measures.
            dice.Hits(0.0003)
                ? null
                : [100 + dice.Below(9_000), 10 + dice.Below(60), 2 + dice.Below(50), 8 + dice.Below(50)]
        );
    }

    public (string Id, string Name, MadePlace Place) Seller(int number)
    {
        Dice dice = Dice.Of(seed, DiceOf.Merchant, number);
        string[] first = ["Neuro", "Swift", "Eco", "Hyper", "Elite", "Innova", "Horizon"];
        string[] second = ["Labs", "Futures", "Hub", "Global", "Logistics", "LabsX"];
        return (
            Id(ref dice),
            first[dice.Below(first.Length)] + second[dice.Below(second.Length)],
            Place(dice.Below(Places))
        );
    }

    public MadePlace Place(int number)
    {
        Dice dice = Dice.Of(seed, DiceOf.Place, number);
        (string country, string code, string city, double latitude, double longitude) = Cities[
            dice.Below(Cities.Length)
        ];
        // An odd factor modulo 90,000 that shares no divisor with it never gives two places one code.
        long postal = 10_000 + (number * 48_271L % 90_000);
        return new MadePlace(
            $"{code}-{postal}",
            city,
            country,
            code,
            Decimal(latitude + (0.2 * dice.Normal())),
            Decimal(longitude + (0.2 * dice.Normal()))
        );
    }

    public static string Id(ref Dice dice) =>
        dice.Bits().ToString("x16", CultureInfo.InvariantCulture)
        + dice.Bits().ToString("x16", CultureInfo.InvariantCulture);

    public static string Money(long cents) => (cents / 100m).ToString("0.00", CultureInfo.InvariantCulture);

    /// <summary>The exports write coordinates with a decimal comma, and prices with a point.</summary>
    private static string Decimal(double value) =>
        value.ToString("0.000000", CultureInfo.InvariantCulture).Replace('.', ',');
}

/// <summary>A product.</summary>
/// <param name="Id">Its id, 32 digits.</param>
/// <param name="Category">Its category as the export writes it.</param>
/// <param name="Cents">Its price in hundredths.</param>
/// <param name="Seller">Number of its seller.</param>
/// <param name="Measures">Grams, and length, height and width in centimetres; null when they are not known.</param>
internal sealed record MadeProduct(string Id, string Category, long Cents, int Seller, int[]? Measures);

/// <summary>Where somebody lives.</summary>
internal sealed record MadePlace(
    string PostalCode,
    string City,
    string Country,
    string CountryCode,
    string Latitude,
    string Longitude
);
