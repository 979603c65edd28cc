using Fecom.Learning.Views;

namespace Fecom.Serving.ReadOnlineStore;

/// <summary>States in the order of the ids that were asked for; null where nothing is known.</summary>
internal sealed record OnlineStates(
    SessionState?[] Sessions,
    ProductState?[] Products,
    UserState?[] Users,
    ShopState? Shop
);
