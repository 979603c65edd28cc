using Fecom.Learning.Views;

namespace Fecom.Learning.Purchase;

/// <summary>The model's features of a product in a session at the moment of asking, from what the online store knows.</summary>
/// <remarks>
/// Training rows hold a product's features as they were after its event's step. Asking about the product of the session's
/// newest event gives that very row: category, brand, price, weekday and count are the session's. Asking about another
/// product gives what the row would be if an event of it came now: category, brand and price are those of the product's
/// newest event anywhere, the count is one more than the session's, and the weekday is that of the clock while the session
/// is open (see <see cref="PurchaseRowFinder.OpenSession"/>). A session that has ended stays in its own day, so that
/// replayed history is not mixed with today. A late event (older than the session's newest) counts from its arrival on.
/// </remarks>
public static class CandidateFeatures
{
    /// <summary>The features.</summary>
    /// <param name="productId">The product asked about.</param>
    /// <param name="session">The session's state; null when it is not known, and then the product's event would be its first.</param>
    /// <param name="product">The product's state; null when it is not known.</param>
    /// <param name="now">The time of asking, UTC.</param>
    /// <returns>Null when nothing is known of the product.</returns>
    public static SessionFeatures? Of(string productId, SessionState? session, ProductState? product, DateTime now)
    {
        if (session?.ProductId == productId)
        {
            return OfNewestEvent(session);
        }

        return product is null
            ? null
            : Of(
                product.Newest,
                session is null || IsOpen(session, now) ? now : session.EventTime,
                1 + (session?.ActivityCount ?? 0)
            );
    }

    private static SessionFeatures OfNewestEvent(SessionState session) =>
        Of(session.Newest, session.EventTime, session.ActivityCount);

    private static SessionFeatures Of(in NewestEvent e, DateTime time, int activityCount)
    {
        (string? level1, string? level2) = CategoryLevels.Of(e.CategoryCode);
        return new SessionFeatures
        {
            CategoryCodeLevel1 = level1,
            CategoryCodeLevel2 = level2,
            EventWeekday = SessionView.Weekday(time),
            ActivityCount = activityCount,
            Price = e.Price,
            Brand = e.Brand,
        };
    }

    /// <summary>A newest event ahead of the clock, by a client's clock that is ahead, keeps its own day.</summary>
    public static bool IsOpen(SessionState session, DateTime now) =>
        now >= session.EventTime && now - session.EventTime < PurchaseRowFinder.OpenSession;
}
