using Fecom.Contracts;
using static Fecom.Learning.Views.MarkFields;

namespace Fecom.Learning.Views;

/// <summary>What is known of a visitor over all visits: the state of view <c>user</c> for one <c>user_id</c>.</summary>
/// <remarks>Lists are keyed by visit, so that what happened before a visit is had by leaving its marks out.</remarks>
public sealed class UserState : EntityState
{
    /// <summary>How many products looked at are remembered, by visit.</summary>
    internal const int MaxViewed = 32;

    private static readonly MarkShape SessionShape = new(32, Session, Session);
    private static readonly MarkShape ViewedShape = new(
        MaxViewed,
        Session | Product,
        Session | Product | Category | Brand
    );
    private static readonly MarkShape BoughtShape = new(32, Session | Product, Session | Product);

    private static readonly MarkShape ActedShape = new(
        48,
        Session | Product,
        Session | Product | MarkFields.Type | Category | Brand | Price
    );

    /// <summary>What a purchase adds to its day at most, so that a day's sum stays a whole number of 64 bits: 10^10 in the shop's currency.</summary>
    private static readonly UInt128 MaxDayPrice = Money.UnitsOf(1e10m);

    private readonly MarkList _sessions = new(SessionShape);
    private readonly MarkList _cartSessions = new(SessionShape);
    private readonly MarkList _purchaseSessions = new(SessionShape);
    private readonly MarkList _viewed = new(ViewedShape);
    private readonly MarkList _acted = new(ActedShape);
    private readonly MarkList _bought = new(BoughtShape);
    private readonly TileSeries _days = new(TimeSpan.FromDays(1), 31);
    private readonly TileSeries _spentDays = new(TimeSpan.FromDays(1), 31);
    private UInt128 _spent;
    private long _newestTime;
    private long _firstTime;

    /// <inheritdoc/>
    public override DateTime EventTime => EventOrder.ToTime(_newestTime);

    /// <summary>When the oldest event happened, UTC.</summary>
    public DateTime FirstEventTime => EventOrder.ToTime(_firstTime);

    /// <summary>All events by type.</summary>
    public EventCounts Counts { get; private set; }

    /// <summary>The number of visits, and of those with a cart event or a purchase.</summary>
    public SessionSample Visits { get; } = new();

    /// <summary>The sum of the prices of all purchases.</summary>
    public decimal Spent => Money.AmountOf(_spent);

    /// <summary>The newest 32 visits, each with the time of its newest event, the newest last.</summary>
    public ReadOnlySpan<Mark> Sessions => _sessions.Marks;

    /// <summary>The newest 32 visits with a cart event, each with the time of the newest, the newest last.</summary>
    public ReadOnlySpan<Mark> CartSessions => _cartSessions.Marks;

    /// <summary>The newest 32 visits with a purchase, each with the time of the newest, the newest last.</summary>
    public ReadOnlySpan<Mark> PurchaseSessions => _purchaseSessions.Marks;

    /// <summary>The newest 32 products looked at, by visit, the newest last.</summary>
    public ReadOnlySpan<Mark> Viewed => _viewed.Marks;

    /// <summary>The newest 48 products put into the cart, taken out or bought, by visit, each with the newest of these, the newest last.</summary>
    public ReadOnlySpan<Mark> Acted => _acted.Marks;

    /// <summary>The newest 32 products bought, by visit, the newest last.</summary>
    public ReadOnlySpan<Mark> Bought => _bought.Marks;

    /// <summary>The events of the day at hand and of so many days before it, at most 30.</summary>
    public EventCounts CountsOf(int days, DateTime at) => _days.Sum(at, days);

    /// <summary>The sum of the prices of the purchases of the day at hand and of so many days before it, at most 30.</summary>
    public decimal SpentIn(int days, DateTime at) => Money.AmountOf((ulong)_spentDays.Sum(at, days).Purchases);

    /// <inheritdoc/>
    public override void Step(BehaviorEvent e)
    {
        Mark mark = Mark.At(e);
        mark.Session = StableHash.Of(e.UserSession);
        _firstTime = Counts.All == 0 ? mark.Time : Math.Min(_firstTime, mark.Time);
        _newestTime = Counts.All == 0 ? mark.Time : Math.Max(_newestTime, mark.Time);
        EventCounts one = EventCounts.Of(e.EventType);
        Counts += one;
        _days.Add(mark.Time, one);
        bool isCart = e.EventType == BehaviorEventType.Cart;
        bool isPurchase = e.EventType == BehaviorEventType.Purchase;
        Visits.Add(mark.Session, isCart, isPurchase);
        _sessions.Add(mark);
        if (isCart)
        {
            _cartSessions.Add(mark);
        }
        else if (isPurchase)
        {
            Purchase(e, mark);
        }

        mark.Product = e.ProductId;
        if (isPurchase)
        {
            _bought.Add(mark);
        }

        mark.Category = Mark.CategoryOf(e);
        mark.Brand = string.IsNullOrEmpty(e.Brand) ? null : e.Brand;
        if (e.EventType == BehaviorEventType.View)
        {
            _viewed.Add(mark);
            return;
        }

        mark.Type = e.EventType;
        mark.Price = e.Price;
        _acted.Add(mark);
    }

    /// <inheritdoc/>
    protected override void Write(PackedWriter writer)
    {
        writer.Integer(_newestTime);
        writer.Integer(_newestTime - _firstTime);
        Counts.Write(writer);
        writer.Sum(_spent);
        Visits.Write(writer);
        _days.Write(writer);
        _spentDays.Write(writer);
        _sessions.Write(writer, _newestTime);
        _cartSessions.Write(writer, _newestTime);
        _purchaseSessions.Write(writer, _newestTime);
        _viewed.Write(writer, _newestTime);
        _acted.Write(writer, _newestTime);
        _bought.Write(writer, _newestTime);
    }

    /// <inheritdoc/>
    protected override void Read(ref PackedReader reader)
    {
        _newestTime = reader.Time();
        _firstTime = reader.TimeBefore(_newestTime);
        Counts = EventCounts.Read(ref reader);
        _spent = reader.Sum();
        Visits.Read(ref reader);
        _days.Read(ref reader);
        _spentDays.Read(ref reader);
        _sessions.Read(ref reader, _newestTime);
        _cartSessions.Read(ref reader, _newestTime);
        _purchaseSessions.Read(ref reader, _newestTime);
        _viewed.Read(ref reader, _newestTime);
        _acted.Read(ref reader, _newestTime);
        _bought.Read(ref reader, _newestTime);
    }

    private void Purchase(BehaviorEvent e, in Mark mark)
    {
        UInt128 price = Money.UnitsOf(e.Price);
        _spent += price;
        _spentDays.Add(mark.Time, EventCounts.Of(e.EventType, (long)UInt128.Min(price, MaxDayPrice)));
        _purchaseSessions.Add(mark);
    }
}
