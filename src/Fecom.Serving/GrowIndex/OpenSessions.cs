using Fecom.Contracts;
using Fecom.Learning.Recommend;

namespace Fecom.Serving.GrowIndex;

/// <summary>
/// The sessions of now that may go on, until nothing has come from them for a while. Events of times that are long past are history that is loaded:
/// their sessions come with the next training.
/// </summary>
/// <param name="idle">After how long without an event a session has finished.</param>
/// <param name="capacity">The maximum number of open sessions; beyond it those that wait longest count as finished.</param>
/// <param name="time">Says what is long past.</param>
internal sealed class OpenSessions(TimeSpan idle, int capacity, TimeProvider time)
{
    /// <summary>Events that are older than this are history.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromDays(1);

    private readonly Lock _turn = new();
    private readonly Dictionary<string, Open> _open = new(StringComparer.Ordinal);

    /// <summary>Each open session once, by the time at which it has finished unless something came since it was put here.</summary>
    private readonly PriorityQueue<string, DateTime> _due = new();

    /// <summary>Takes in an event.</summary>
    /// <param name="session">Its session.</param>
    /// <param name="product">Its product.</param>
    /// <param name="type">What was done.</param>
    /// <param name="eventTime">When, UTC.</param>
    /// <param name="receivedAt">When it came, UTC.</param>
    public void Add(string session, string product, BehaviorEventType type, DateTime eventTime, DateTime receivedAt)
    {
        if (eventTime < time.GetUtcNow().UtcDateTime - MaxAge)
        {
            return;
        }

        lock (_turn)
        {
            if (!_open.TryGetValue(session, out Open? open))
            {
                _open.Add(session, open = new Open(receivedAt));
                _due.Enqueue(session, receivedAt + idle);
            }

            open.Add(product, type, receivedAt);
        }
    }

    /// <summary>Takes out what has finished by now: sessions of two visits or more, since one visit has no next product.</summary>
    public List<FinishedSession> TakeFinished()
    {
        DateTime now = time.GetUtcNow().UtcDateTime;
        List<FinishedSession> finished = [];
        lock (_turn)
        {
            while (_due.TryPeek(out string? session, out DateTime due) && (due <= now || _open.Count > capacity))
            {
                _due.Dequeue();
                Open open = _open[session];
                DateTime end = open.ReceivedUntil + idle;
                if (end > due && _open.Count <= capacity)
                {
                    _due.Enqueue(session, end);
                    continue;
                }

                _open.Remove(session);
                if (open.Visits.Count > 1)
                {
                    finished.Add(new FinishedSession(open.Visits, open.ReceivedFrom));
                }
            }
        }

        return finished;
    }

    private sealed class Open(DateTime receivedFrom)
    {
        public List<string> Visits { get; } = new(2);

        public DateTime ReceivedFrom { get; } = receivedFrom;

        public DateTime ReceivedUntil { get; private set; } = receivedFrom;

        public void Add(string product, BehaviorEventType type, DateTime receivedAt)
        {
            ReceivedUntil = receivedAt > ReceivedUntil ? receivedAt : ReceivedUntil;
            if (Visits.Count == 0 || VisitorSession.IsVisit(type, Visits[^1] == product))
            {
                if (Visits.Count == VisitorSession.MaxVisits)
                {
                    Visits.RemoveAt(0);
                }

                Visits.Add(product);
            }
        }
    }
}
