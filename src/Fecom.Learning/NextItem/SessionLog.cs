using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Fecom.Learning.NextItem;

/// <summary>Sessions of products, oldest session first, in two flat arrays.</summary>
/// <remarks>Memory: 4 bytes a visit and 4 a session. Products are numbered from 0; who numbers them keeps their ids.</remarks>
public sealed class SessionLog
{
    private int[] _products = new int[1_024];
    private int[] _starts = new int[257];

    /// <summary>How many sessions there are.</summary>
    public int Count { get; private set; }

    /// <summary>How many visits they have together.</summary>
    public int Visits => _starts[Count];

    /// <summary>One more than the largest number of a product.</summary>
    public int Products { get; private set; }

    /// <summary>The products of a session, in the order in which they were visited.</summary>
    public ReadOnlySpan<int> this[int session] => _products.AsSpan(_starts[session].._starts[session + 1]);

    /// <summary>Asks for where a session begins, so that <see cref="PrefetchVisits"/> finds it in the cache a little later.</summary>
    internal void PrefetchStart(int session) => Prefetch(ref _starts[session]);

    /// <summary>Asks for a session's products, so that they are in the cache a little later.</summary>
    internal void PrefetchVisits(int session) =>
        Prefetch(ref _products[Math.Min(_starts[session], _products.Length - 1)]);

    /// <summary>Where each session begins among all visits; one place more than there are sessions.</summary>
    internal ReadOnlySpan<int> Starts => _starts.AsSpan(0, Count + 1);

    /// <summary>All visits, one session after the other.</summary>
    internal ReadOnlySpan<int> AllVisits => _products.AsSpan(0, Visits);

    /// <summary>Appends a session that is newer than all before it.</summary>
    public void Add(ReadOnlySpan<int> products)
    {
        int end = Visits + products.Length;
        if (end > _products.Length)
        {
            Array.Resize(ref _products, Math.Max(end, _products.Length * 2));
        }

        if (Count + 2 > _starts.Length)
        {
            Array.Resize(ref _starts, _starts.Length * 2);
        }

        products.CopyTo(_products.AsSpan(Visits));
        _starts[++Count] = end;
        foreach (int product in products)
        {
            Products = Math.Max(Products, product + 1);
        }
    }

    private static unsafe void Prefetch(ref int place)
    {
        if (Sse.IsSupported)
        {
            // A hint: where the collector moves the array meanwhile, it asks for a wrong line and nothing else happens.
            Sse.Prefetch0(Unsafe.AsPointer(ref place));
        }
    }
}
