using System.Runtime.InteropServices;
using Fecom.Contracts;
using Fecom.Learning.Recommend;
using Fecom.Learning.Views;

namespace Fecom.Learning.NextItem;

/// <summary>
/// Visits by visitor, to learn from: says what a visitor had dealt with before a moment, as <see cref="PastProduct.Of"/> says it of the
/// visitor's state. Once all visits are added it can be asked from any number of threads.
/// </summary>
/// <remarks>Memory: about 60 bytes a visit and 8 a product in it.</remarks>
public sealed class VisitorPasts
{
    private readonly Dictionary<string, List<Visit>> _visits = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly List<string> _ids = [];

    /// <summary>Takes a visit, in whatever order visits come.</summary>
    /// <param name="user">The visitor.</param>
    /// <param name="end">When its newest event happened.</param>
    /// <param name="events">Its products with what was done to them, in the order in which it happened.</param>
    public void Add(string user, DateTime end, ReadOnlySpan<RecentProduct> events)
    {
        List<Visit> visits = CollectionsMarshal.GetValueRefOrAddDefault(_visits, user, out _) ??= [];
        int place = visits.Count;
        while (place > 0 && visits[place - 1].End > end)
        {
            place--;
        }

        visits.Insert(place, new Visit(end, Sum(events)));
    }

    /// <summary>What a visitor dealt with on the visits that had ended before a moment, each product once, the newest first.</summary>
    /// <param name="user">The visitor.</param>
    /// <param name="start">The moment.</param>
    public IReadOnlyList<PastProduct> Before(string user, DateTime start)
    {
        if (!_visits.TryGetValue(user, out List<Visit>? visits))
        {
            return [];
        }

        int visit = visits.Count - 1;
        while (visit >= 0 && visits[visit].End >= start)
        {
            visit--;
        }

        List<PastProduct> past = [];
        int left = SessionQuery.MaxPast;
        for (; visit >= 0 && left > 0; visit--)
        {
            foreach (
                ProductMark mark in visits[visit].Products.AsSpan()[..Math.Min(left, visits[visit].Products.Length)]
            )
            {
                PastProduct.Add(past, _ids[mark.Product], mark.Type, visits: 1);
                left--;
            }
        }

        return past;
    }

    /// <summary>Each product of a visit once, the newest first, with the newest event that was not a view.</summary>
    private ProductMark[] Sum(ReadOnlySpan<RecentProduct> events)
    {
        List<ProductMark> marks = [];
        for (int i = events.Length - 1; i >= 0; i--)
        {
            int product = NumberOf(events[i].ProductId);
            int known = marks.FindIndex(mark => mark.Product == product);
            if (known < 0)
            {
                marks.Add(new ProductMark(product, events[i].Type));
            }
            else if (marks[known].Type == BehaviorEventType.View)
            {
                marks[known] = marks[known] with { Type = events[i].Type };
            }
        }

        return [.. marks.Take(SessionQuery.MaxPast)];
    }

    private int NumberOf(string id)
    {
        ref int number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numbers, id, out bool isKnown);
        if (!isKnown)
        {
            number = _ids.Count;
            _ids.Add(id);
        }

        return number;
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Visit(DateTime End, ProductMark[] Products);

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct ProductMark(int Product, BehaviorEventType Type);
}
