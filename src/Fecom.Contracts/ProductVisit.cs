using System.Runtime.InteropServices;

namespace Fecom.Contracts;

/// <summary>A validated event in short: what every host keeps in memory of all events goes by it.</summary>
/// <param name="ProductId">The product.</param>
/// <param name="CategoryId">Its category; null when the shop did not say.</param>
/// <param name="CategoryCode">Dotted path of its category; null when the shop did not say.</param>
/// <param name="Type">What was done.</param>
/// <param name="Time">When, UTC, to the microsecond.</param>
/// <param name="IsSample">Whether it is of the sample that comes with Fecom.</param>
/// <param name="Brand">Its brand; null when the shop did not say.</param>
/// <param name="Price">Its price; null where it is not known.</param>
/// <param name="Session">The visitor's session; null where it is not known.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct ProductVisit(
    string ProductId,
    string? CategoryId,
    string? CategoryCode,
    BehaviorEventType Type,
    DateTime Time,
    bool IsSample = false,
    string? Brand = null,
    decimal? Price = null,
    string? Session = null
)
{
    /// <summary>An event in short.</summary>
    public static ProductVisit Of(BehaviorEvent e) =>
        new(
            e.ProductId,
            e.CategoryId,
            e.CategoryCode,
            e.EventType,
            e.EventTime,
            e.Source == BehaviorEvent.SampleSource,
            e.Brand,
            e.Price,
            e.UserSession
        );
}
