namespace Fecom.Learning.NextItem;

/// <summary>
/// A session recommender that takes finished sessions in while it answers. New sessions are a small segment behind an index that stays as it is; from time to time
/// both are merged into one, and the oldest sessions beyond the maximum go. Who asks gets one whole state or the next one, and never waits.
/// </summary>
/// <param name="trained">The recommender as it was trained.</param>
public sealed class LiveIndex(SessionRecommender trained)
{
    /// <summary>Sessions that the segment holds at most; while a merge cannot keep up the oldest of them go unseen.</summary>
    public const int MaxSegment = 200_000;

    /// <summary>Sessions of the segment from which on it is merged; and a tenth of all.</summary>
    private const int MinMerged = 1_000;

    private readonly Lock _turn = new();
    private readonly List<IReadOnlyList<string>> _segment = [];

    /// <summary>How many sessions have left the segment.</summary>
    private long _gone;
    private SessionRecommender _settled = trained;
    private volatile SessionRecommender _current = trained;

    /// <summary>What answers now.</summary>
    public SessionRecommender Current => _current;

    /// <summary>Whether the segment is so large that it is to be merged.</summary>
    public bool IsMergeDue
    {
        get
        {
            lock (_turn)
            {
                return _segment.Count >= Math.Max(MinMerged, _settled.SessionCount / 10);
            }
        }
    }

    /// <summary>Takes finished sessions in: the next question is answered with them.</summary>
    /// <param name="sessions">Ids of each session's products in the order in which they were visited; the oldest session first.</param>
    public void Add(IEnumerable<IReadOnlyList<string>> sessions)
    {
        lock (_turn)
        {
            _segment.AddRange(sessions);
            Leave(_segment.Count - MaxSegment);
            _current = _settled.With(_segment);
        }
    }

    /// <summary>Merges the segment and the index into one index, with transitions counted anew. Answers go on meanwhile, and so may <see cref="Add"/>.</summary>
    /// <param name="max">The maximum number of sessions; the oldest go.</param>
    /// <param name="threads">Threads, from 1.</param>
    /// <param name="cancellationToken">Ends it, with all as before.</param>
    public void Merge(int max, int threads, CancellationToken cancellationToken)
    {
        SessionRecommender settled;
        SessionRecommender whole;
        long until;
        lock (_turn)
        {
            (settled, whole, until) = (_settled, _current, _gone + _segment.Count);
        }

        int skipped = Math.Max(0, whole.SessionCount - max);
        SessionRecommender merged = settled.Over(whole.Sessions.Skip(skipped), threads, cancellationToken);
        lock (_turn)
        {
            _settled = merged;
            Leave((int)(until - _gone));
            _current = _segment.Count == 0 ? merged : merged.With(_segment);
        }
    }

    private void Leave(int sessions)
    {
        if (sessions > 0)
        {
            _segment.RemoveRange(0, sessions);
            _gone += sessions;
        }
    }
}
