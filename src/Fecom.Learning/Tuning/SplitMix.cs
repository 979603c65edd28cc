using System.Runtime.InteropServices;

namespace Fecom.Learning.Tuning;

/// <summary>Random numbers (SplitMix64: Steele, Lea and Flood, 2014): neighbouring seeds give unrelated numbers, on every platform the same.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct SplitMix(long seed, int stream)
{
    private const ulong Step = 0x9E37_79B9_7F4A_7C15;

    private ulong _state = Mix(unchecked((ulong)seed)) ^ Mix(unchecked((ulong)stream * Step));

    /// <summary>A number from 0 to below 1, evenly.</summary>
    public double NextUniform()
    {
        unchecked
        {
            _state += Step;
        }

        return (Mix(_state) >> 11) * (1.0 / (1L << 53));
    }

    /// <summary>A number from the standard normal distribution (Box and Muller, 1958).</summary>
    public double NextNormal()
    {
        double radius = Math.Sqrt(-2 * Math.Log(1 - NextUniform()));
        return radius * Math.Cos(2 * Math.PI * NextUniform());
    }

    private static ulong Mix(ulong value)
    {
        unchecked
        {
            value = (value ^ (value >> 30)) * 0xBF58_476D_1CE4_E5B9;
            value = (value ^ (value >> 27)) * 0x94D0_49BB_1331_11EB;
            return value ^ (value >> 31);
        }
    }
}
