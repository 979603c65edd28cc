using System.Globalization;
using System.Text;

namespace Fecom.Ingestion.Generators.Shared;

/// <summary>A product of the made-up shop.</summary>
internal sealed class Product
{
    private const double WithoutBrand = 1.0 / 7;

    private readonly MadeCategory _category;
    private readonly double _draw;
    private readonly double _period;
    private readonly double _phase;

    public Product(long seed, int number, MadeCategory its, (int MadeCategory, int Place) shelf, double launchDay)
    {
        Dice dice = Dice.Of(seed, DiceOf.Product, number);
        (_category, MadeCategory, Place, LaunchDay) = (its, shelf.MadeCategory, shelf.Place, launchDay);
        // An odd factor modulo a power of two never gives two products one id.
        Id = 1_000_000 + (((long)number * 0x01F3_5D0B) & 0x03FF_FFFF);
        // Weights u^-0.9 are spread as Zipf's law with exponent 0.9 spreads them.
        _draw = Math.Pow(Math.Max(dice.Unit(), 1e-5), -0.9);
        (_period, _phase) = (14 + (40 * dice.Unit()), dice.Unit());
        Quality = dice.Normal();
        bool branded = !dice.Hits(WithoutBrand);
        double rank = dice.Unit();
        Brand? brand = branded ? its.Brands[(int)(its.Brands.Count * rank * rank)] : null;
        BrandAppeal = brand?.Appeal ?? -0.2;
        double logPrice = its.LogPrice + (its.Spread * dice.Normal()) + (brand?.Premium ?? -0.1);
        PriceCents = Math.Max(99, (long)Math.Round(100 * Math.Exp(logPrice)));
        Text = Encoding.UTF8.GetBytes(
            string.Create(CultureInfo.InvariantCulture, $"{Id},{its.Id},{its.Code},{brand?.Name},")
        );
    }

    public long Id { get; }

    /// <summary>Number of its category.</summary>
    public int MadeCategory { get; }

    /// <summary>Its place among the products of its category.</summary>
    public int Place { get; }

    public double LaunchDay { get; }

    public double Quality { get; }

    public double BrandAppeal { get; }

    public double CategoryAppeal => _category.Appeal;

    /// <summary>Regular price in hundredths.</summary>
    public long PriceCents { get; }

    /// <summary>Its columns in a row: product_id, category_id, category_code and brand, with a separator after each.</summary>
    public byte[] Text { get; }

    /// <summary>How much it is viewed on a day: its constant draw, a novelty that fades, and a slow wave.</summary>
    public double Popularity(int day) =>
        _draw
        * (1 + (2 * Math.Exp(-(day - LaunchDay) / 6)))
        * Math.Exp(0.7 * Math.Sin(Math.Tau * ((day / _period) + _phase)));

    /// <summary>How expensive <paramref name="cents"/> is for its category, in standard deviations of the logarithm.</summary>
    public double Dearness(long cents) => (Math.Log(cents / 100.0) - _category.LogPrice) / _category.Spread;
}
