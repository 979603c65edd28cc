using System.Collections.Concurrent;
using Fecom.Contracts;
using Fecom.Learning.Recommend;
using Fecom.Learning.Views;

namespace Fecom.Serving.FollowSessions;

/// <summary>
/// The sessions that had events last, in memory: what is answered by while the online store is away. Two generations: when the younger
/// one is full it becomes the older one, and what nobody visited since is forgotten.
/// </summary>
/// <param name="capacity">The maximum number of sessions, from 2.</param>
internal sealed class LiveSessions(int capacity)
{
    private readonly Lock _turn = new();
    private volatile Generation _young = new();
    private volatile Generation _old = new();

    /// <summary>Takes in an event.</summary>
    public void Add(string session, string product, BehaviorEventType type) => Open(session).Add(product, type);

    /// <summary>A session as it is now; null when it is not among those that are kept.</summary>
    public VisitorSession? Find(string session) =>
        _young.Sessions.TryGetValue(session, out LiveSession? live) || _old.Sessions.TryGetValue(session, out live)
            ? live.ToSession()
            : null;

    private LiveSession Open(string session)
    {
        Generation young = _young;
        if (young.Sessions.TryGetValue(session, out LiveSession? live))
        {
            return live;
        }

        lock (_turn)
        {
            young = _young;
            if (young.Count >= capacity / 2)
            {
                _old = young;
                _young = young = new Generation();
            }

            live = _old.Sessions.TryGetValue(session, out LiveSession? known) ? known : new LiveSession();
            LiveSession opened = young.Sessions.GetOrAdd(session, live);
            young.Count += opened == live ? 1 : 0;
            return opened;
        }
    }

    private sealed class Generation
    {
        public ConcurrentDictionary<string, LiveSession> Sessions { get; } = new(StringComparer.Ordinal);

        /// <summary>Changed by who has the turn only: the dictionary takes all its locks to count.</summary>
        public int Count { get; set; }
    }

    /// <summary>A session's newest events, in a ring that grows with them.</summary>
    private sealed class LiveSession
    {
        private readonly Lock _turn = new();
        private RecentProduct[] _events = new RecentProduct[4];
        private int _count;
        private int _next;

        public void Add(string product, BehaviorEventType type)
        {
            lock (_turn)
            {
                if (_count == _events.Length && _count < VisitorSession.MaxVisits)
                {
                    Array.Resize(ref _events, _count * 2);
                    _next = _count;
                }

                _events[_next] = new RecentProduct(product, type);
                _next = (_next + 1) % _events.Length;
                _count = Math.Min(_count + 1, _events.Length);
            }
        }

        public VisitorSession ToSession()
        {
            lock (_turn)
            {
                VisitorSession session = VisitorSession.Empty;
                int first = _count < _events.Length ? 0 : _next;
                for (int i = 0; i < _count; i++)
                {
                    (string product, BehaviorEventType type) = _events[(first + i) % _events.Length];
                    session = session.With(product, type);
                }

                return session;
            }
        }
    }
}
