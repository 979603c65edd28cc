using Fecom.Learning.NextItem;

namespace Fecom.UnitTests.Learning.NextItem;

/// <summary>Sessions made up from a seed.</summary>
internal static class SomeSessions
{
    /// <summary>Sessions of 1 to 8 visits without any rule; products come again, also in a row.</summary>
    public static SessionLog Random(int seed, int sessions, int products)
    {
        Random random = new(seed);
        SessionLog log = new();
        for (int session = 0; session < sessions; session++)
        {
            log.Add([.. Enumerable.Range(0, random.Next(1, 9)).Select(_ => random.Next(products))]);
        }

        return log;
    }

    /// <summary>Any visits of known products and of one that no session holds.</summary>
    public static int[] Query(Random random, int products) =>
        [.. Enumerable.Range(0, random.Next(1, 7)).Select(_ => random.Next(products + 1))];

    /// <summary>Visitors walk about one of forty themes of 25 products, mostly to a product's neighbours, and never see one twice.</summary>
    public static string[][] Walks(int sessions, int seed)
    {
        Random random = new(seed);
        string[] Walk(int theme)
        {
            HashSet<int> seen = [];
            int at = (int)(25 * Math.Pow(random.NextDouble(), 2));
            for (int steps = random.Next(2, 9); steps > 0; steps--)
            {
                seen.Add((theme * 25) + at);
                do
                {
                    int near = at + random.Next(-3, 5);
                    at = random.NextDouble() < 0.7 ? (near + 25) % 25 : random.Next(25);
                } while (seen.Contains((theme * 25) + at));
            }

            return [.. seen.Select(product => $"p{product}")];
        }

        return [.. Enumerable.Range(0, sessions).Select(_ => Walk(random.Next(40)))];
    }

    public static SessionLog Log(string[][] sessions)
    {
        SessionLog log = new();
        foreach (string[] session in sessions)
        {
            log.Add([
                .. session.Select(id => int.Parse(id.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture)),
            ]);
        }

        return log;
    }
}
