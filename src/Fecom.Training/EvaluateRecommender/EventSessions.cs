using Fecom.Contracts;
using Fecom.Learning.NextItem;
using Fecom.Learning.Recommend;
using Fecom.Learning.Views;

namespace Fecom.Training.EvaluateRecommender;

/// <summary>The sessions of a file of events, with their visitors' earlier ones.</summary>
internal sealed class EventSessions
{
    private readonly VisitorPasts _pasts = new();
    private readonly List<(string User, DateTime Start)> _visitors = [];
    private readonly List<string[]> _products = [];

    /// <param name="events">Events in any order.</param>
    public EventSessions(IEnumerable<BehaviorEvent> events)
    {
        List<List<BehaviorEvent>> sessions =
        [
            .. events
                .OrderBy(e => e.EventTime)
                .GroupBy(e => e.UserSession, StringComparer.Ordinal)
                .Select(session => session.ToList())
                .OrderBy(session => session[^1].EventTime),
        ];
        foreach (List<BehaviorEvent> session in sessions)
        {
            VisitorSession visited = VisitorSession.Empty;
            RecentProduct[] products = [.. session.Select(e => new RecentProduct(e.ProductId, e.EventType))];
            foreach ((string product, BehaviorEventType type) in products)
            {
                visited = visited.With(product, type);
            }

            _pasts.Add(session[0].UserId, session[^1].EventTime, products);
            if (visited.Visits.Length > 1)
            {
                _products.Add(visited.Visits);
                _visitors.Add((session[0].UserId, session[0].EventTime));
            }
        }
    }

    /// <summary>Ids of the products of each session with a second visit, in the order in which they were visited; the oldest session first.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Products => _products;

    /// <summary>What the visitor of a session dealt with before it, the newest first.</summary>
    /// <param name="session">Its place in <see cref="Products"/>.</param>
    public IReadOnlyList<PastProduct> PastOf(int session) =>
        _pasts.Before(_visitors[session].User, _visitors[session].Start);
}
