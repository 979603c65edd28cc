using System.Globalization;
using Fecom.Ingestion.Generators.Shared;

namespace Fecom.Ingestion.Generators.GenerateEvents;

/// <summary>How many of the rows are invalid, and in which ways.</summary>
internal sealed class InvalidShares
{
    /// <summary>Upper end of each kind's part of 0 to 1.</summary>
    private readonly double[] _ends;

    private InvalidShares(double[] shares)
    {
        _ends = new double[shares.Length];
        double sum = 0;
        for (int kind = 0; kind < shares.Length; kind++)
        {
            sum += shares[kind];
            _ends[kind] = sum;
        }
    }

    /// <summary>Reads <c>0.02</c>, which all kinds share alike, or <c>zero_price=0.01,no_user=0.005</c>.</summary>
    /// <exception cref="ArgumentException">It is neither; the message says what is wrong.</exception>
    public static InvalidShares Parse(string text)
    {
        double[] shares = new double[Mangling.Kinds.Count];
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double all))
        {
            Array.Fill(shares, all / shares.Length);
            return Checked(shares, text);
        }

        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] pair = part.Split('=', StringSplitOptions.TrimEntries);
            int kind = Mangling.Kinds.ToList().IndexOf(pair[0]);
            if (
                kind < 0
                || pair.Length != 2
                || !double.TryParse(pair[1], NumberStyles.Float, CultureInfo.InvariantCulture, out shares[kind])
            )
            {
                throw WrongArgument.Of(
                    $"--invalid has '{part}'; it is a share such as 0.02, or shares of kinds such as zero_price=0.01,no_user=0.005. "
                        + $"Kinds: {string.Join(", ", Mangling.Kinds)}."
                );
            }
        }

        return Checked(shares, text);
    }

    /// <summary>Rolls for a row.</summary>
    /// <returns>The kind, or -1 for a valid row.</returns>
    public int Roll(ref Dice dice)
    {
        if (_ends[^1] == 0)
        {
            return -1;
        }

        double point = dice.Unit();
        return point < _ends[^1] ? Array.FindIndex(_ends, end => point < end) : -1;
    }

    private static InvalidShares Checked(double[] shares, string text) =>
        Array.TrueForAll(shares, share => share is >= 0 and <= 1) && shares.Sum() <= 1.000_000_001
            ? new InvalidShares(shares)
            : throw WrongArgument.Of($"--invalid is {text}; shares are from 0 to 1, and so is their sum.");
}
