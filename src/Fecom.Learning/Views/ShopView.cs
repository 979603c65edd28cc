using Fecom.Contracts;
using static Fecom.Learning.Views.FeatureType;

namespace Fecom.Learning.Views;

/// <summary>What is known of the shop as a whole.</summary>
public sealed class ShopState : TrafficState
{
    /// <summary>Adds to the cart and purchases by hour of the week.</summary>
    public WeekProfile Week { get; } = new();

    /// <inheritdoc/>
    public override void Step(BehaviorEvent e)
    {
        base.Step(e);
        Week.Add(EventOrder.TimeOf(e), e.EventType);
    }

    /// <inheritdoc/>
    protected override void Write(PackedWriter writer)
    {
        base.Write(writer);
        Week.Write(writer);
    }

    /// <inheritdoc/>
    protected override void Read(ref PackedReader reader)
    {
        base.Read(ref reader);
        Week.Read(ref reader);
    }
}

/// <summary>Feature view <c>shop</c>: all events of all visitors, what other features are measured against. It has one entity.</summary>
public sealed class ShopView() : StateView<ShopState>("shop", "shop", TimeSpan.FromDays(400), ShopFeatures)
{
    /// <summary>The one entity.</summary>
    public const string Shop = "shop";

    private static StateFeature<ShopState>[] ShopFeatures =>
        [
            .. TrafficFeatures.Of<ShopState>(),
            new(
                "purchases_per_cart_at_hour",
                Number,
                "ratio",
                "Purchases by add to the cart at this hour of the day, of the last three periods of 64 days, each weighing half of the next",
                default,
                (s, at) =>
                    s.Week.AtHour(at) is { Carts: > 0 } hour ? hour.Purchases / hour.Carts : default(FeatureValue)
            ),
        ];

    /// <inheritdoc/>
    public override string? EntityOf(BehaviorEvent e) => Shop;

    /// <inheritdoc/>
    public override string? EntityOf(in EntityKeys keys) => Shop;
}
