using Fecom.Learning.NextItem;

namespace Fecom.Benchmarks.Recommend;

/// <summary>Sessions made up from a seed: visitors begin at popular products and go on to near ones, some of which they come back to.</summary>
internal static class GeneratedWalks
{
    private const int Theme = 40;

    public static SessionLog Make(int sessions, int products, int seed)
    {
        Random random = new(seed);
        SessionLog log = new();
        int[] walk = new int[24];
        for (int session = 0; session < sessions; session++)
        {
            // Popularity falls with the rank, as of a catalogue's products: the first hundredth gets a third of the visits.
            int theme = (int)(products / Theme * Math.Pow(random.NextDouble(), 4)) * Theme;
            int at = (int)(Theme * Math.Pow(random.NextDouble(), 2));
            int length = 2;
            while (length < walk.Length && random.NextDouble() < 0.72)
            {
                length++;
            }

            for (int step = 0; step < length; step++)
            {
                walk[step] = theme + at;
                at = random.NextDouble() < 0.75 ? (at + random.Next(-3, 5) + Theme) % Theme : random.Next(Theme);
            }

            log.Add(walk.AsSpan(0, length));
        }

        return log;
    }
}
