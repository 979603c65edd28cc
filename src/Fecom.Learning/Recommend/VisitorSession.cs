using Fecom.Contracts;
using Fecom.Learning.Views;

namespace Fecom.Learning.Recommend;

/// <summary>A session as recommenders are asked about it. Never changes.</summary>
public sealed class VisitorSession
{
    /// <summary>The most visits that are kept, the newest: as many events as a live session remembers.</summary>
    public const int MaxVisits = SessionState.Remembered;

    private VisitorSession(RecentProduct[] recent, string[] visits) => (Recent, Visits) = (recent, visits);

    /// <summary>A session that nothing is known of.</summary>
    public static VisitorSession Empty { get; } = new([], []);

    /// <summary>Its last products, each once, the newest last.</summary>
    public RecentProduct[] Recent { get; }

    /// <summary>Its products in the order in which they were visited: a view and what was done after it with the same product is one visit.</summary>
    public string[] Visits { get; }

    /// <summary>A live session.</summary>
    public static VisitorSession Of(SessionState state)
    {
        List<string> visits = new(state.Events.Length);
        foreach (ref readonly Mark e in state.Events)
        {
            if (visits.Count == 0 || IsVisit(e.Type, e.Product == visits[^1]))
            {
                visits.Add(e.Product!);
            }
        }

        return new VisitorSession(state.Recent(), [.. visits]);
    }

    /// <summary>Whether an event is a visit of its own: putting into the cart, taking out and buying belong to the view before them.</summary>
    /// <param name="type">The event.</param>
    /// <param name="isOfSameProduct">Whether the event before it was of the same product.</param>
    public static bool IsVisit(BehaviorEventType type, bool isOfSameProduct) =>
        !isOfSameProduct || type == BehaviorEventType.View;

    /// <summary>The session after an event with a product.</summary>
    public VisitorSession With(string productId, BehaviorEventType type)
    {
        RecentProduct[] recent = RecentProducts.Add(Recent, productId, type);
        return IsVisit(type, Visits.Length > 0 && Visits[^1] == productId)
            ? new VisitorSession(recent, [.. Visits.AsSpan(Math.Max(0, Visits.Length + 1 - MaxVisits)), productId])
            : new VisitorSession(recent, Visits);
    }
}
