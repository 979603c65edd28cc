using Fecom.Learning.NextItem;
using Fecom.Learning.Recommend;

namespace Fecom.Serving.GrowIndex;

/// <summary>
/// Brings the sessions that have finished into the recommender that serves. A recommender that takes another one's place gets those that finished since it learned. Not for several
/// threads at once.
/// </summary>
internal sealed class IndexGrowth(OpenSessions sessions)
{
    /// <summary>Finished sessions that are kept for the next recommender.</summary>
    private const int MaxKept = LiveIndex.MaxSegment;

    private readonly List<FinishedSession> _kept = [];
    private Recommender? _served;

    /// <summary>Takes in what has finished.</summary>
    /// <param name="served">The recommender that serves; null when there is none.</param>
    public void Grow(Recommender? served)
    {
        List<FinishedSession> finished = sessions.TakeFinished();
        _kept.AddRange(finished);
        _kept.RemoveRange(0, Math.Max(0, _kept.Count - MaxKept));
        bool isNew = served != _served;
        _served = served;
        IReadOnlyList<FinishedSession> taken = isNew ? _kept : finished;
        if (served?.Live is { } live && taken.Count > 0)
        {
            // Whatever came before had been learned, by its first event at least.
            IReadOnlyList<string>[] unknown =
            [
                .. taken.Where(session => session.ReceivedFrom > served.LearnedUntil).Select(session => session.Visits),
            ];
            if (unknown.Length > 0)
            {
                live.Add(unknown);
            }
        }
    }
}
