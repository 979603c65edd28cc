namespace Fecom.Learning.Views;

/// <summary>The six features of the original purchase model, of one event after its step: a row of the offline store, and what the model trains on and predicts with.</summary>
public readonly record struct SessionFeatures
{
    /// <summary>First segment of the product's category path; null when the shop did not say.</summary>
    public string? CategoryCodeLevel1 { get; init; }

    /// <summary>Second segment of the product's category path; null when there is none.</summary>
    public string? CategoryCodeLevel2 { get; init; }

    /// <summary>Day of the week of the event in UTC, Monday 0 to Sunday 6.</summary>
    public required int EventWeekday { get; init; }

    /// <summary>Events of the session up to and including this one, from 1.</summary>
    public required int ActivityCount { get; init; }

    /// <summary>The product's price in the shop's currency, above zero.</summary>
    public required decimal Price { get; init; }

    /// <summary>The product's brand; null when the shop did not say.</summary>
    public string? Brand { get; init; }
}
