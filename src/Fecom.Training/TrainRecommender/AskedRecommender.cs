using Fecom.Learning.Metrics;
using Fecom.Learning.Recommend;
using Fecom.Learning.Views;

namespace Fecom.Training.TrainRecommender;

/// <summary>A recommender that is asked about sessions: where the next products stood in its answers, and how long these took.</summary>
internal sealed class AskedRecommender(
    Func<VisitorSession, RecommendationQuery, IReadOnlyList<Recommendation>> recommend,
    TimeProvider time
)
{
    private readonly List<int> _ranks = [];

    /// <summary>Where each session's ranks end.</summary>
    private readonly List<int> _ends = [];

    private TimeSpan _took;

    public NextItemMetrics Metrics => NextItemMetrics.Of([.. _ranks]);

    /// <summary>Time of an answer, in microseconds; 0 where it was asked nothing.</summary>
    public double Microseconds => _ranks.Count == 0 ? 0 : _took.TotalMicroseconds / _ranks.Count;

    /// <summary>Asks after each step of a session but the last.</summary>
    /// <param name="session">The session.</param>
    /// <param name="past">What the visitor dealt with before it, the newest first.</param>
    public void Ask(ReadOnlySpan<RecentProduct> session, IReadOnlyList<PastProduct> past)
    {
        long start = time.GetTimestamp();
        NextItemEvaluator.AddRanks(recommend, session, _ranks, past);
        _took += time.GetElapsedTime(start);
        _ends.Add(_ranks.Count);
    }

    /// <summary>HitRate@20 less another's, who was asked the same, with sessions drawn anew; null where nothing was asked.</summary>
    public Estimate? GainOn(AskedRecommender other, int seed)
    {
        if (_ranks.Count == 0)
        {
            return null;
        }

        int[] gains = new int[_ends.Count];
        int[] cases = new int[_ends.Count];
        int next = 0;
        for (int session = 0; session < gains.Length; session++)
        {
            for (; next < _ends[session]; next++)
            {
                gains[session] += Hit(_ranks[next]) - Hit(other._ranks[next]);
                cases[session]++;
            }
        }

        return Bootstrap.Of(
            gains.Length,
            counts =>
            {
                long gain = 0;
                long asked = 0;
                for (int session = 0; session < counts.Length; session++)
                {
                    gain += (long)counts[session] * gains[session];
                    asked += (long)counts[session] * cases[session];
                }

                return asked == 0 ? double.NaN : (double)gain / asked;
            },
            seed
        );
    }

    private static int Hit(int rank) => rank is > 0 and <= NextItemEvaluator.Count ? 1 : 0;
}
