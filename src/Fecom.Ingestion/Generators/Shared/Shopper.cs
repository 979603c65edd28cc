using System.Runtime.InteropServices;

namespace Fecom.Ingestion.Generators.Shared;

/// <summary>A visitor of the shop; made anew from its number at each visit, so any number of them costs no memory.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly struct Shopper
{
    private readonly int _first;
    private readonly int _second;
    private readonly int _third;

    public Shopper(long seed, long number, Shop shop)
    {
        Dice dice = Dice.Of(seed, DiceOf.Shopper, number);
        Id = 500_000_000 + ((number * 0x05D6_94B5) & 0x07FF_FFFF);
        (_first, _second, _third) = (
            shop.AnyCategory(ref dice),
            shop.AnyCategory(ref dice),
            shop.AnyCategory(ref dice)
        );
        Eagerness = 0.8 * dice.Normal();
        Thrift = 0.6 + (0.4 * dice.Normal());
    }

    public long Id { get; }

    /// <summary>How readily this visitor buys.</summary>
    public double Eagerness { get; }

    /// <summary>How much a high price keeps this visitor from buying.</summary>
    public double Thrift { get; }

    /// <summary>A category for a visit: mostly one of the visitor's three.</summary>
    public int Interest(Shop shop, ref Dice dice) =>
        dice.Unit() switch
        {
            < 0.40 => _first,
            < 0.62 => _second,
            < 0.76 => _third,
            _ => shop.AnyCategory(ref dice),
        };
}
