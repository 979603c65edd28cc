using System.Runtime.InteropServices;

namespace Fecom.Ingestion.Generators.Shared;

/// <summary>
/// A seeded random number generator (SplitMix64). Each shopper, product, visit and day has its own, so none depends on how many
/// rows are asked for.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal struct Dice
{
    private const ulong Golden = 0x9E37_79B9_7F4A_7C15;

    private ulong _state;

    private Dice(ulong state) => _state = state;

    /// <summary>The generator of object <paramref name="number"/> of its kind.</summary>
    public static Dice Of(long seed, DiceOf kind, long number) =>
        new(Mix(Mix((ulong)seed + Golden) ^ Mix((ulong)kind * Golden) ^ Mix((ulong)number + 1)));

    public ulong Bits() => Mix(_state += Golden);

    /// <summary>Uniform in [0, 1).</summary>
    public double Unit() => (Bits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in 0 … <paramref name="count"/> − 1.</summary>
    public int Below(int count) => (int)((ulong)(uint)Bits() * (ulong)count >> 32);

    public bool Hits(double probability) => Unit() < probability;

    /// <summary>Exponential with mean 1.</summary>
    public double Exponential() => -Math.Log(1 - Unit());

    /// <summary>Standard normal.</summary>
    public double Normal() => Math.Sqrt(2 * Exponential()) * Math.Cos(Math.Tau * Unit());

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
        return z ^ (z >> 31);
    }
}

/// <summary>The kind of object that a generator belongs to.</summary>
internal enum DiceOf
{
    Arrivals = 1,
    MadeCategory,
    Product,
    Shopper,
    Visit,
    Day,
    Mangling,
    Order,
    Ware,
    Place,
    Merchant,
}
