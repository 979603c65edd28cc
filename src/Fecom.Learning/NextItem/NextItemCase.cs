using System.Runtime.InteropServices;

namespace Fecom.Learning.NextItem;

/// <summary>A question with a known answer: what came after the first products of a session?</summary>
/// <param name="Session">The session.</param>
/// <param name="Length">How many of its products are given, from 1; the next one is the answer.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct NextItemCase(int Session, int Length)
{
    /// <summary>Every question of some sessions: a session of n products has n - 1.</summary>
    /// <param name="log">The sessions.</param>
    /// <param name="from">The first of them.</param>
    /// <param name="to">The one after the last of them.</param>
    public static List<NextItemCase> Of(SessionLog log, int from, int to)
    {
        List<NextItemCase> cases = [];
        for (int session = from; session < to; session++)
        {
            for (int length = 1; length < log[session].Length; length++)
            {
                cases.Add(new NextItemCase(session, length));
            }
        }

        return cases;
    }

    /// <summary>At most so many of them, evenly spread.</summary>
    public static List<NextItemCase> Spread(List<NextItemCase> cases, int max)
    {
        if (cases.Count <= max)
        {
            return cases;
        }

        List<NextItemCase> spread = new(max);
        for (int i = 0; i < max; i++)
        {
            spread.Add(cases[(int)((long)i * cases.Count / max)]);
        }

        return spread;
    }
}
