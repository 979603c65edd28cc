namespace Fecom.Learning.NextItem;

/// <summary>The session that is asked about, as the sources see it: its products, each once, the newest first. For one thread.</summary>
internal sealed class SessionQuery
{
    /// <summary>Products of a session that count: the newest ones.</summary>
    public const int MaxProducts = 20;

    private readonly int[] _products = new int[MaxProducts];
    private readonly int[] _stepsBack = new int[MaxProducts];
    private readonly int[] _first = new int[MaxProducts];
    private readonly int[] _times = new int[MaxProducts];
    private int[] _visits = new int[64];
    private int _length;

    /// <summary>How many different products there are.</summary>
    public int Count { get; private set; }

    /// <summary>Every visit, in its order.</summary>
    public ReadOnlySpan<int> Visits => _visits.AsSpan(0, _length);

    /// <summary>The different products, the newest first.</summary>
    public ReadOnlySpan<int> Products => _products.AsSpan(0, Count);

    /// <summary>How many steps back from the end each product was visited last.</summary>
    public ReadOnlySpan<int> StepsBack => _stepsBack.AsSpan(0, Count);

    /// <summary>How many steps from the beginning each was visited first.</summary>
    public ReadOnlySpan<int> First => _first.AsSpan(0, Count);

    /// <summary>How often each was visited.</summary>
    public ReadOnlySpan<int> Times => _times.AsSpan(0, Count);

    public int Last => _visits[_length - 1];

    /// <summary>Takes a session.</summary>
    /// <param name="visits">Numbers of its products, the newest last; those that are not known are left out by the caller.</param>
    public void Set(ReadOnlySpan<int> visits)
    {
        if (visits.Length > _visits.Length)
        {
            _visits = new int[visits.Length * 2];
        }

        visits.CopyTo(_visits);
        (_length, Count) = (visits.Length, 0);
        for (int at = visits.Length - 1; at >= 0; at--)
        {
            int place = Products.IndexOf(visits[at]);
            if (place < 0 && Count < MaxProducts)
            {
                place = Count++;
                (_products[place], _stepsBack[place], _times[place]) = (visits[at], visits.Length - 1 - at, 0);
            }

            if (place >= 0)
            {
                _times[place]++;
                _first[place] = at;
            }
        }
    }
}
