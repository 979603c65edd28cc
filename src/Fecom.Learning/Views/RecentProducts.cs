using Fecom.Contracts;

namespace Fecom.Learning.Views;

/// <summary>A product that a session dealt with.</summary>
/// <param name="ProductId">The product.</param>
/// <param name="Type">The newest event with it that was not a view; <c>View</c> when it was only looked at.</param>
public readonly record struct RecentProduct(string ProductId, BehaviorEventType Type);

/// <summary>The last products of a session, each once, in the order in which their last events arrived: the newest is last.</summary>
public static class RecentProducts
{
    /// <summary>How many products a session remembers.</summary>
    public const int Capacity = 20;

    /// <summary>The list after an event with a product; the oldest product goes when the list is full.</summary>
    public static RecentProduct[] Add(ReadOnlySpan<RecentProduct> recent, string productId, BehaviorEventType type)
    {
        int known = IndexOf(recent, productId);
        if (known >= 0)
        {
            return MoveToEnd(recent, known, type);
        }

        ReadOnlySpan<RecentProduct> kept = recent.Length < Capacity ? recent : recent[^(Capacity - 1)..];
        RecentProduct[] next = new RecentProduct[kept.Length + 1];
        kept.CopyTo(next);
        next[^1] = new RecentProduct(productId, type);
        return next;
    }

    private static RecentProduct[] MoveToEnd(ReadOnlySpan<RecentProduct> recent, int place, BehaviorEventType type)
    {
        RecentProduct[] next = new RecentProduct[recent.Length];
        RecentProduct known = recent[place];
        recent[..place].CopyTo(next);
        recent[(place + 1)..].CopyTo(next.AsSpan(place));
        next[^1] = type == BehaviorEventType.View ? known : known with { Type = type };
        return next;
    }

    private static int IndexOf(ReadOnlySpan<RecentProduct> recent, string productId)
    {
        for (int i = recent.Length - 1; i >= 0; i--)
        {
            if (recent[i].ProductId == productId)
            {
                return i;
            }
        }

        return -1;
    }
}
