namespace Fecom.Learning.Views;

/// <summary>Every feature view there is. A new view is a file of its own and a line here.</summary>
public static class FeatureViews
{
    /// <summary>What a visitor has done in one visit.</summary>
    public static SessionView Session { get; } = new();

    /// <summary>What a visitor has done over all visits.</summary>
    public static UserView User { get; } = new();

    /// <summary>How a product sells, and what it costs.</summary>
    public static ProductView Product { get; } = new();

    /// <summary>How a category sells.</summary>
    public static CategoryView Category { get; } = new();

    /// <summary>How a brand sells.</summary>
    public static BrandView Brand { get; } = new();

    /// <summary>How the shop sells.</summary>
    public static ShopView Shop { get; } = new();

    /// <summary>The views, in the order in which they are listed.</summary>
    public static IReadOnlyList<FeatureView> All { get; } = [Session, User, Product, Category, Brand, Shop];
}
