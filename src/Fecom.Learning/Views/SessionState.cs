using Fecom.Contracts;

namespace Fecom.Learning.Views;

/// <summary>What is known of a session: the state of view <c>session</c> for one <c>user_session</c>.</summary>
/// <remarks>A session id that comes with a second user is one session with the events of both.</remarks>
public sealed class SessionState : EntityState
{
    /// <summary>Events, and products put into the cart, taken out or bought, that a session remembers one by one.</summary>
    public const int Remembered = 64;

    private static readonly MarkShape EventsShape = new(
        Remembered,
        MarkFields.None,
        MarkFields.Product | MarkFields.Type | MarkFields.Category | MarkFields.Price
    );

    private static readonly MarkShape ActionsShape = new(
        Remembered,
        MarkFields.Product,
        MarkFields.Product | MarkFields.Type | MarkFields.Price
    );

    private readonly MarkList _events = new(EventsShape);
    private readonly MarkList _actions = new(ActionsShape);
    private NewestEvent _newest;
    private Mark _first;
    private UInt128 _priceSum;
    private UInt128 _spent;

    /// <inheritdoc/>
    public override DateTime EventTime => _newest.EventTime;

    /// <summary>When the oldest event happened, UTC.</summary>
    public DateTime FirstEventTime => EventOrder.ToTime(_first.Time);

    /// <summary>What the oldest event was.</summary>
    public BehaviorEventType FirstEventType => _first.Type;

    /// <summary>The newest event.</summary>
    public ref readonly NewestEvent Newest => ref _newest;

    /// <summary>The product of the newest event.</summary>
    public string ProductId => _newest.Product ?? "";

    /// <summary>All events by type.</summary>
    public EventCounts Counts { get; private set; }

    /// <summary>Events so far.</summary>
    public int ActivityCount => (int)Counts.All;

    /// <summary>The last <see cref="Remembered"/> events, the newest last: product, type, category and price.</summary>
    public ReadOnlySpan<Mark> Events => _events.Marks;

    /// <summary>Of each product the newest event that was not a view, the newest last: product, type and price.</summary>
    public ReadOnlySpan<Mark> Actions => _actions.Marks;

    /// <summary>Whether products may have left <see cref="Actions"/>.</summary>
    public bool MayHaveForgotten => _actions.IsFull;

    /// <summary>The mean price over all events; zero before the first.</summary>
    public decimal PriceMean => Counts.All == 0 ? 0 : Money.AmountOf(_priceSum) / Counts.All;

    /// <summary>The highest price.</summary>
    public decimal PriceMax { get; private set; }

    /// <summary>Products in the cart, and what they cost together when they were put there.</summary>
    public (int Size, decimal Value) Cart
    {
        get
        {
            int size = 0;
            UInt128 value = 0;
            foreach (ref readonly Mark action in Actions)
            {
                if (action.Type == BehaviorEventType.Cart)
                {
                    size++;
                    value += Money.UnitsOf(action.Price);
                }
            }

            return (size, Money.AmountOf(value));
        }
    }

    /// <summary>The sum of the prices of all purchases.</summary>
    public decimal Spent => Money.AmountOf(_spent);

    /// <inheritdoc/>
    public override void Step(BehaviorEvent e)
    {
        bool isFirst = !_newest.IsKnown;
        Mark mark = Mark.At(e);
        mark.Type = e.EventType;
        if (isFirst || Mark.Compare(mark, _first) < 0)
        {
            _first = mark;
        }

        _newest.Offer(e);
        Counts += EventCounts.Of(e.EventType);
        UInt128 price = Money.UnitsOf(e.Price);
        _priceSum += price;
        _spent += e.EventType == BehaviorEventType.Purchase ? price : 0;
        PriceMax = Math.Max(PriceMax, e.Price);
        mark.Product = e.ProductId;
        mark.Price = e.Price;
        if (e.EventType != BehaviorEventType.View)
        {
            _actions.Add(mark);
        }

        mark.Category = Mark.CategoryOf(e);
        _events.Add(mark);
    }

    /// <summary>The last products, each once, the newest last: at most <see cref="RecentProducts.Capacity"/>.</summary>
    public RecentProduct[] Recent()
    {
        return Array.ConvertAll(
            RecentIds(),
            product => new RecentProduct(product, ActionOn(product) ?? BehaviorEventType.View)
        );
    }

    /// <summary>The ids of the last products, each once, the newest last: at most <see cref="RecentProducts.Capacity"/>.</summary>
    public string[] RecentIds()
    {
        ReadOnlySpan<Mark> events = Events;
        Span<int> places = stackalloc int[RecentProducts.Capacity];
        int count = 0;
        for (int i = events.Length - 1; i >= 0 && count < places.Length; i--)
        {
            if (!IsAmong(events, places[..count], events[i].Product))
            {
                places[count++] = i;
            }
        }

        string[] recent = new string[count];
        for (int i = 0; i < count; i++)
        {
            recent[count - 1 - i] = events[places[i]].Product!;
        }

        return recent;
    }

    private static bool IsAmong(ReadOnlySpan<Mark> events, ReadOnlySpan<int> places, string? product)
    {
        foreach (int place in places)
        {
            if (events[place].Product == product)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The newest event with a product that was not a view; null when there is none among <see cref="Actions"/>.</summary>
    public BehaviorEventType? ActionOn(string productId)
    {
        foreach (ref readonly Mark action in Actions)
        {
            if (action.Product == productId)
            {
                return action.Type;
            }
        }

        return null;
    }

    /// <inheritdoc/>
    protected override void Write(PackedWriter writer)
    {
        _newest.Write(writer);
        writer.Integer(_newest.Time - _first.Time);
        writer.Integer((int)(_newest.Tie - _first.Tie));
        writer.Count((long)_first.Type);
        Counts.Write(writer);
        writer.Sum(_priceSum);
        writer.Sum(_spent);
        writer.Number(PriceMax);
        _events.Write(writer, _newest.Time);
        _actions.Write(writer, _newest.Time);
    }

    /// <inheritdoc/>
    protected override void Read(ref PackedReader reader)
    {
        _newest = NewestEvent.Read(ref reader);
        _first = new Mark
        {
            Time = reader.TimeBefore(_newest.Time),
            Tie = _newest.Tie - (uint)(int)reader.Integer(),
            Type = (BehaviorEventType)reader.Count((int)BehaviorEventType.Purchase),
        };
        Counts = EventCounts.Read(ref reader);
        _priceSum = reader.Sum();
        _spent = reader.Sum();
        PriceMax = reader.Number();
        _events.Read(ref reader, _newest.Time);
        _actions.Read(ref reader, _newest.Time);
    }
}
