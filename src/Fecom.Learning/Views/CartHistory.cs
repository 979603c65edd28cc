namespace Fecom.Learning.Views;

/// <summary>What a visitor did before the visit at hand.</summary>
internal static class CartHistory
{
    private const int Nothing = 0;
    private const int Cart = 1;
    private const int Purchase = 2;

    public static long Sessions(CartMoment m) =>
        m.User is null ? 0 : Without(m, m.User.Visits.Sessions, m.User.Sessions);

    public static long CartSessions(CartMoment m) =>
        m.User is null ? 0 : Without(m, m.User.Visits.CartSessions, m.User.CartSessions);

    public static long PurchaseSessions(CartMoment m) =>
        m.User is null ? 0 : Without(m, m.User.Visits.PurchaseSessions, m.User.PurchaseSessions);

    /// <summary>A visit counts once it is among the visitor's; it may not be, when the session id came with another visitor.</summary>
    public static decimal Spent(CartMoment m)
    {
        if (m.User is null)
        {
            return 0;
        }

        bool isOwn = m.Session is not null && IsIn(m.User.PurchaseSessions, m.SessionHash);
        return Math.Max(0, m.User.Spent - (isOwn ? m.Session!.Spent : 0));
    }

    public static FeatureValue HoursSince(CartMoment m, ReadOnlySpan<Mark> visits) =>
        UserHistory.Newest(visits, m.SessionHash) is { } visit
            ? TimeFeatures.Since(m.At, EventOrder.ToTime(visit.Time)) / 3_600
            : default(FeatureValue);

    public static FeatureValue LastOutcome(CartMoment m)
    {
        if (m.User is null || UserHistory.Newest(m.User.Sessions, m.SessionHash) is not { } last)
        {
            return default;
        }

        return IsIn(m.User.PurchaseSessions, last.Session) ? Purchase
            : IsIn(m.User.CartSessions, last.Session) ? Cart
            : Nothing;
    }

    private static long Without(CartMoment m, long visits, ReadOnlySpan<Mark> newest) =>
        Math.Max(0, visits - (IsIn(newest, m.SessionHash) ? 1 : 0));

    private static bool IsIn(ReadOnlySpan<Mark> visits, uint? session)
    {
        foreach (ref readonly Mark visit in visits)
        {
            if (visit.Session == session)
            {
                return true;
            }
        }

        return false;
    }
}
