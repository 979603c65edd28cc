using Fecom.Learning.Views;

namespace Fecom.Features.ExportFeatures;

/// <summary>A file of rows with their features.</summary>
internal interface IFeatureFile : IAsyncDisposable
{
    /// <summary>Writes rows.</summary>
    Task WriteAsync(FeatureGroup rows, CancellationToken cancellationToken);

    /// <summary>Writes what is left of the rows: there are no more.</summary>
    Task CompleteAsync(CancellationToken cancellationToken);
}

/// <summary>The columns before the features.</summary>
internal static class EntityColumns
{
    /// <summary>The row's place in the file of entities, and its time.</summary>
    public static readonly string[] Moment = ["row", "event_time"];

    /// <summary>The row's entities. Two underscores, as between view and feature: the cart view has a feature named brand.</summary>
    public static readonly string[] Keys =
    [
        "entity__user_id",
        "entity__user_session",
        "entity__product_id",
        "entity__category_id",
        "entity__brand",
    ];

    public static string?[] Of(in EntityKeys keys) =>
        [keys.UserId, keys.UserSession, keys.ProductId, keys.CategoryId, keys.Brand];
}
