using Fecom.Learning.Views;

namespace Fecom.Learning.NextItem;

/// <summary>The session that is asked about, as the sources see it: its products, each once, the newest first. For one thread.</summary>
internal sealed class SessionQuery
{
    /// <summary>Products of a session that count: the newest ones.</summary>
    public const int MaxProducts = 20;

    /// <summary>
    /// Products by visit that a visitor's past and the session have together at most: as many as the online store remembers, so that what
    /// was learned from is what is asked about.
    /// </summary>
    public const int MaxPast = UserState.MaxViewed;

    private readonly int[] _products = new int[MaxProducts];
    private readonly int[] _stepsBack = new int[MaxProducts];
    private readonly int[] _first = new int[MaxProducts];
    private readonly int[] _times = new int[MaxProducts];
    private readonly PastVisit[] _past = new PastVisit[MaxPast];
    private int[] _visits = new int[64];
    private int _length;

    /// <summary>How many different products there are.</summary>
    public int Count { get; private set; }

    /// <summary>Every visit of a known product, in its order.</summary>
    public ReadOnlySpan<int> Visits => _visits.AsSpan(0, _length);

    /// <summary>The different products, the newest first.</summary>
    public ReadOnlySpan<int> Products => _products.AsSpan(0, Count);

    /// <summary>How many steps back from the end each product was visited last.</summary>
    public ReadOnlySpan<int> StepsBack => _stepsBack.AsSpan(0, Count);

    /// <summary>How many steps from the beginning each was visited first.</summary>
    public ReadOnlySpan<int> First => _first.AsSpan(0, Count);

    /// <summary>How often each was visited.</summary>
    public ReadOnlySpan<int> Times => _times.AsSpan(0, Count);

    /// <summary>What the visitor dealt with on earlier visits, the newest first.</summary>
    public ReadOnlySpan<PastVisit> Past => _past.AsSpan(0, PastCount);

    /// <summary>How many products the visitor dealt with on earlier visits.</summary>
    public int PastCount { get; private set; }

    /// <summary>The newest visit's product; there must be one.</summary>
    public int Last => _visits[_length - 1];

    /// <summary>Takes a session.</summary>
    /// <param name="index">Products that it does not know are left out, as if they had not been visited.</param>
    /// <param name="session">Numbers of the session's products, the newest last.</param>
    /// <param name="past">What the visitor dealt with on earlier visits, the newest first; products that the index does not know are left out.</param>
    public void Set(SessionIndex index, ReadOnlySpan<int> session, ReadOnlySpan<PastVisit> past = default)
    {
        if (session.Length > _visits.Length)
        {
            _visits = new int[session.Length * 2];
        }

        (_length, Count) = (0, 0);
        foreach (int product in session)
        {
            _visits[_length] = product;
            _length += index.Knows(product) ? 1 : 0;
        }

        for (int at = _length - 1; at >= 0; at--)
        {
            int place = Products.IndexOf(_visits[at]);
            if (place < 0 && Count < MaxProducts)
            {
                place = Count++;
                (_products[place], _stepsBack[place], _times[place]) = (_visits[at], _length - 1 - at, 0);
            }

            if (place >= 0)
            {
                _times[place]++;
                _first[place] = at;
            }
        }

        SetPast(index, past);
    }

    private void SetPast(SessionIndex index, ReadOnlySpan<PastVisit> past)
    {
        PastCount = 0;
        int left = MaxPast - Count;
        foreach (ref readonly PastVisit visit in past)
        {
            left -= visit.Visits;
            if (left < 0)
            {
                return;
            }

            if (index.Knows(visit.Product))
            {
                _past[PastCount++] = visit;
            }
        }
    }
}
