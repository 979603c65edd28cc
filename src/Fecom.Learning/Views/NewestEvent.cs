using System.Runtime.InteropServices;
using Fecom.Contracts;

namespace Fecom.Learning.Views;

/// <summary>The newest of an entity's events by <see cref="EventOrder"/>, with what states say of it.</summary>
[StructLayout(LayoutKind.Auto)]
public struct NewestEvent
{
    /// <summary>Whether there has been an event.</summary>
    public bool IsKnown { get; private init; }

    /// <summary>Microseconds since 1970-01-01 UTC.</summary>
    public long Time { get; private init; }

    /// <summary>Decides between events at the same microsecond.</summary>
    public uint Tie { get; private init; }

    /// <summary>What was done.</summary>
    public BehaviorEventType Type { get; private init; }

    /// <summary>The product.</summary>
    public string? Product { get; private init; }

    /// <summary>The visitor.</summary>
    public string? User { get; private init; }

    /// <summary>The category's id; null when the shop did not say.</summary>
    public string? CategoryId { get; private init; }

    /// <summary>The category's path; null when the shop did not say.</summary>
    public string? CategoryCode { get; private init; }

    /// <summary>The brand; null when the shop did not say.</summary>
    public string? Brand { get; private init; }

    /// <summary>The price.</summary>
    public decimal Price { get; private init; }

    /// <summary>When it happened, UTC; the Unix epoch when there was none.</summary>
    public readonly DateTime EventTime => EventOrder.ToTime(Time);

    /// <summary>Takes an event in.</summary>
    public void Offer(BehaviorEvent e) => Offer(e, e.ProductId, e.UserId);

    /// <summary>Takes an event in without its product and visitor.</summary>
    public void OfferShared(BehaviorEvent e) => Offer(e, product: null, user: null);

    internal readonly void Write(PackedWriter writer)
    {
        writer.Integer(Time);
        writer.Bits(Tie);
        writer.Count((long)Type);
        writer.Text(Product);
        writer.Text(User);
        writer.Text(CategoryId);
        writer.Text(CategoryCode);
        writer.Text(Brand);
        writer.Number(Price);
    }

    internal static NewestEvent Read(ref PackedReader reader) =>
        new()
        {
            IsKnown = true,
            Time = reader.Time(),
            Tie = reader.Bits(),
            Type = (BehaviorEventType)reader.Count((int)BehaviorEventType.Purchase),
            Product = reader.Text(),
            User = reader.Text(),
            CategoryId = reader.Text(),
            CategoryCode = reader.Text(),
            Brand = reader.Text(),
            Price = reader.Number(),
        };

    private void Offer(BehaviorEvent e, string? product, string? user)
    {
        long time = EventOrder.TimeOf(e);
        if (IsKnown && time < Time)
        {
            return;
        }

        NewestEvent offered = new()
        {
            IsKnown = true,
            Time = time,
            Tie = EventOrder.TieOf(e),
            Type = e.EventType,
            Product = product,
            User = user,
            CategoryId = NullIfEmpty(e.CategoryId),
            CategoryCode = NullIfEmpty(e.CategoryCode),
            Brand = NullIfEmpty(e.Brand),
            Price = e.Price,
        };
        if (!IsKnown || time > Time || Compare(offered, this) > 0)
        {
            this = offered;
        }
    }

    private static int Compare(in NewestEvent a, in NewestEvent b)
    {
        int order = a.Tie.CompareTo(b.Tie);
        order = order != 0 ? order : a.Type.CompareTo(b.Type);
        order = order != 0 ? order : string.CompareOrdinal(a.Product, b.Product);
        order = order != 0 ? order : string.CompareOrdinal(a.User, b.User);
        order = order != 0 ? order : a.Price.CompareTo(b.Price);
        order = order != 0 ? order : string.CompareOrdinal(a.CategoryId, b.CategoryId);
        order = order != 0 ? order : string.CompareOrdinal(a.CategoryCode, b.CategoryCode);
        return order != 0 ? order : string.CompareOrdinal(a.Brand, b.Brand);
    }

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
