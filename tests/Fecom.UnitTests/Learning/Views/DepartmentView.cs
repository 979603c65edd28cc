using Fecom.Contracts;
using Fecom.Learning.Views;

namespace Fecom.UnitTests.Learning.Views;

/// <summary>Feature view <c>department</c>: what sells in the first level of the category path.</summary>
public sealed class DepartmentView()
    : StateView<DepartmentState>(
        "department",
        "category_code_level1",
        TimeSpan.FromDays(400),
        [
            new("purchase_count", FeatureType.Integer, "events", "Purchases so far", 0, (s, _) => s.Purchases),
            new("price_max", FeatureType.Number, "currency", "Highest price", default, (s, _) => s.PriceMax),
            new(
                "days_since_purchase",
                FeatureType.Number,
                "days",
                "Time since the newest purchase",
                default,
                (s, at) => s.Purchases == 0 ? default(FeatureValue) : (at - s.LastPurchase).TotalDays
            ),
        ]
    )
{
    /// <inheritdoc/>
    public override string? EntityOf(BehaviorEvent e) => CategoryLevels.Of(e.CategoryCode).Level1;
}

/// <summary>What is known of a department.</summary>
public sealed class DepartmentState : EntityState
{
    private long _newest;
    private long _lastPurchase;

    /// <inheritdoc/>
    public override DateTime EventTime => EventOrder.ToTime(_newest);

    /// <summary>Purchases so far.</summary>
    public long Purchases { get; private set; }

    /// <summary>The highest price.</summary>
    public decimal PriceMax { get; private set; }

    /// <summary>When the newest purchase happened, UTC.</summary>
    public DateTime LastPurchase => EventOrder.ToTime(_lastPurchase);

    /// <inheritdoc/>
    public override void Step(BehaviorEvent e)
    {
        long time = EventOrder.TimeOf(e);
        _newest = Math.Max(_newest, time);
        PriceMax = Math.Max(PriceMax, e.Price);
        if (e.EventType == BehaviorEventType.Purchase)
        {
            Purchases++;
            _lastPurchase = Math.Max(_lastPurchase, time);
        }
    }

    /// <inheritdoc/>
    protected override void Write(PackedWriter writer)
    {
        writer.Integer(_newest);
        writer.Integer(_lastPurchase);
        writer.Count(Purchases);
        writer.Number(PriceMax);
    }

    /// <inheritdoc/>
    protected override void Read(ref PackedReader reader)
    {
        _newest = reader.Time();
        _lastPurchase = reader.Time();
        Purchases = reader.Count();
        PriceMax = reader.Number();
    }
}
