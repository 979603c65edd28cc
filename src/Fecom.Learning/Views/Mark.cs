using System.Runtime.InteropServices;
using Fecom.Contracts;

namespace Fecom.Learning.Views;

/// <summary>What a state remembers of one event: no more than its list needs (<see cref="MarkShape"/>), the rest stays empty.</summary>
[StructLayout(LayoutKind.Auto)]
public struct Mark
{
    /// <summary>Microseconds since 1970-01-01 UTC.</summary>
    public long Time { get; set; }

    /// <summary>Decides between events at the same microsecond: <see cref="EventOrder.TieOf"/>.</summary>
    public uint Tie { get; set; }

    /// <summary>The visit's hash: <see cref="StableHash.Of"/>.</summary>
    public uint Session { get; set; }

    /// <summary>What was done.</summary>
    public BehaviorEventType Type { get; set; }

    /// <summary>The product.</summary>
    public string? Product { get; set; }

    /// <summary>The category's path, or its id where there is no path; null when the shop said neither.</summary>
    public string? Category { get; set; }

    /// <summary>The brand; null when the shop did not say.</summary>
    public string? Brand { get; set; }

    /// <summary>The price.</summary>
    public decimal Price { get; set; }

    /// <summary>A mark with the event's time; the caller adds what else its list keeps.</summary>
    public static Mark At(BehaviorEvent e) => new() { Time = EventOrder.TimeOf(e), Tie = EventOrder.TieOf(e) };

    /// <summary>The category that a mark keeps of an event.</summary>
    public static string? CategoryOf(BehaviorEvent e) =>
        !string.IsNullOrEmpty(e.CategoryCode) ? e.CategoryCode
        : string.IsNullOrEmpty(e.CategoryId) ? null
        : e.CategoryId;

    /// <summary>The order of events, and then by content: zero only when the marks are the same.</summary>
    internal static int Compare(in Mark a, in Mark b)
    {
        int order = a.Time.CompareTo(b.Time);
        if (order == 0)
        {
            order = a.Tie.CompareTo(b.Tie);
        }

        return order != 0 ? order : CompareContent(a, b);
    }

    private static int CompareContent(in Mark a, in Mark b)
    {
        int order = a.Type.CompareTo(b.Type);
        order = order != 0 ? order : string.CompareOrdinal(a.Product, b.Product);
        order = order != 0 ? order : a.Session.CompareTo(b.Session);
        order = order != 0 ? order : a.Price.CompareTo(b.Price);
        order = order != 0 ? order : string.CompareOrdinal(a.Category, b.Category);
        return order != 0 ? order : string.CompareOrdinal(a.Brand, b.Brand);
    }
}

/// <summary>A text of a mark, such as its product.</summary>
public delegate string? MarkText(in Mark mark);

/// <summary>What the marks of a list keep besides their time.</summary>
[Flags]
public enum MarkFields
{
    /// <summary>The time alone.</summary>
    None = 0,

    /// <summary>The visit.</summary>
    Session = 1,

    /// <summary>The product.</summary>
    Product = 2,

    /// <summary>What was done.</summary>
    Type = 4,

    /// <summary>The category.</summary>
    Category = 8,

    /// <summary>The brand.</summary>
    Brand = 16,

    /// <summary>The price.</summary>
    Price = 32,
}

/// <summary>What a <see cref="MarkList"/> holds.</summary>
/// <param name="Capacity">The most marks.</param>
/// <param name="Key">The newest mark of each value of these fields is kept: none, <c>Session</c>, <c>Product</c> or both. With none every event has a mark.</param>
/// <param name="Fields">The fields that the marks keep, the key's included.</param>
public sealed record MarkShape(int Capacity, MarkFields Key, MarkFields Fields);
