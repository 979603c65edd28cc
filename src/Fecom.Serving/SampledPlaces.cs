namespace Fecom.Serving;

/// <summary>Takes a share of what comes, evenly: multiples of the golden ratio's share of 2^64 spread over all numbers, so any run of them is sampled by the share.</summary>
internal static class SampledPlaces
{
    /// <summary>What is added for each one that comes.</summary>
    public const ulong Step = 0x9e37_79b9_7f4a_7c15;

    /// <summary>Whether one is of the sample.</summary>
    /// <param name="place">The sum of steps.</param>
    /// <param name="share">0 to 1.</param>
    public static bool Holds(ulong place, double share) =>
        share >= 1 || (share > 0 && place < (ulong)(share * Math.Pow(2, 64)));
}
