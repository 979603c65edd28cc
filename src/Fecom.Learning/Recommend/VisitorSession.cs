using Fecom.Contracts;
using Fecom.Learning.Views;

namespace Fecom.Learning.Recommend;

/// <summary>A session as recommenders are asked about it. Never changes.</summary>
public sealed class VisitorSession
{
    /// <summary>The most visits that are kept, the newest: as many events as a live session remembers.</summary>
    public const int MaxVisits = SessionState.Remembered;

    private VisitorSession(RecentProduct[] recent, string[] visits, RecentProduct[] acted) =>
        (Recent, Visits, Acted) = (recent, visits, acted);

    /// <summary>A session that nothing is known of.</summary>
    public static VisitorSession Empty { get; } = new([], [], []);

    /// <summary>Its last products, each once, the newest last.</summary>
    public RecentProduct[] Recent { get; }

    /// <summary>Its products in the order in which they were visited: a view and what was done after it with the same product is one visit.</summary>
    public string[] Visits { get; }

    /// <summary>Of each product the newest event that was not a view: what is in the cart, was taken out of it, or bought.</summary>
    public RecentProduct[] Acted { get; }

    /// <summary>What the visitor dealt with on earlier visits, each product once, the newest first; empty where nobody knows.</summary>
    public IReadOnlyList<PastProduct> Past { get; private init; } = [];

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

        RecentProduct[] acted = new RecentProduct[state.Actions.Length];
        for (int i = 0; i < acted.Length; i++)
        {
            acted[i] = new RecentProduct(state.Actions[i].Product!, state.Actions[i].Type);
        }

        return new VisitorSession(state.Recent(), [.. visits], acted);
    }

    /// <summary>What a visitor did over all visits, as one session: the products looked at and dealt with, the newest last.</summary>
    public static VisitorSession Of(UserState state)
    {
        Mark[] marks = [.. state.Viewed, .. state.Acted];
        Array.Sort(marks, static (a, b) => Mark.Compare(a, b));
        VisitorSession session = Empty;
        foreach (ref readonly Mark mark in marks.AsSpan())
        {
            session = session.With(mark.Product!, mark.Type);
        }

        return session;
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
        RecentProduct[] acted = type == BehaviorEventType.View ? Acted : WithAction(new RecentProduct(productId, type));
        return IsVisit(type, Visits.Length > 0 && Visits[^1] == productId)
            ? new VisitorSession(
                recent,
                [.. Visits.AsSpan(Math.Max(0, Visits.Length + 1 - MaxVisits)), productId],
                acted
            )
            {
                Past = Past,
            }
            : new VisitorSession(recent, Visits, acted) { Past = Past };
    }

    /// <summary>The same session of a visitor whose earlier visits are known.</summary>
    /// <param name="past">What the visitor dealt with on them, each product once, the newest first.</param>
    public VisitorSession After(IReadOnlyList<PastProduct> past) => new(Recent, Visits, Acted) { Past = past };

    private RecentProduct[] WithAction(RecentProduct action)
    {
        RecentProduct[] others = Array.FindAll(Acted, acted => acted.ProductId != action.ProductId);
        return [.. others.AsSpan(Math.Max(0, others.Length + 1 - MaxVisits)), action];
    }
}
