using Fecom.Learning.Views;

namespace Fecom.Features.ExportFeatures;

/// <summary>A file of rows with their features.</summary>
internal interface IFeatureFile : IAsyncDisposable
{
    /// <summary>Rows that it takes before it must be flushed.</summary>
    int Room { get; }

    /// <summary>Takes a row.</summary>
    /// <param name="number">Its place in the file of entities, from 1.</param>
    /// <param name="row">Its entities and time.</param>
    /// <param name="values">Its features.</param>
    void Add(int number, in EntityRow row, ReadOnlySpan<FeatureValue> values);

    /// <summary>Writes the rows that it holds.</summary>
    Task FlushAsync(CancellationToken cancellationToken);
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
