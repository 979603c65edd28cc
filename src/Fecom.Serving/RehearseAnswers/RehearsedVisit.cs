using Fecom.Contracts;
using Fecom.Learning.Views;

namespace Fecom.Serving.RehearseAnswers;

/// <summary>What the online store would have of a visit that has just put its first product into the cart.</summary>
internal sealed record RehearsedVisit(SessionState Session, ProductState Product, UserState User, ShopState Shop)
{
    /// <param name="productId">The product.</param>
    /// <param name="nobody">The visitor's id, and all else that needs a text.</param>
    /// <param name="now">The time, UTC.</param>
    public static RehearsedVisit Of(string productId, string nobody, DateTime now)
    {
        BehaviorEvent cart = new()
        {
            EventId = Guid.Empty,
            EventTime = now,
            EventType = BehaviorEventType.Cart,
            ProductId = productId,
            CategoryCode = $"{nobody}.{nobody}",
            Brand = nobody,
            Price = 1,
            UserId = nobody,
            UserSession = nobody,
            Source = nobody,
            Position = 0,
            ReceivedAt = now,
            ValidatedAt = now,
        };
        return new RehearsedVisit(
            After(cart, FeatureViews.Session),
            After(cart, FeatureViews.Product),
            After(cart, FeatureViews.User),
            After(cart, FeatureViews.Shop)
        );
    }

    /// <summary>The state after the event, unpacked as it is when it comes from the online store.</summary>
    private static TState After<TState>(BehaviorEvent e, StateView<TState> view)
        where TState : EntityState, new()
    {
        TState state = view.Create();
        state.Step(e);
        return view.Unpack(state.Packed(revision: 0));
    }
}
