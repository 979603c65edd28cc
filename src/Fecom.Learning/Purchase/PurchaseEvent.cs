using System.Runtime.InteropServices;
using Fecom.Contracts;
using Fecom.Learning.Views;

namespace Fecom.Learning.Purchase;

/// <summary>An event of a session, as far as the purchase model needs it.</summary>
/// <param name="EventTime">When it happened, UTC.</param>
/// <param name="EventType">What the visitor did.</param>
/// <param name="ProductId">With which product.</param>
/// <param name="Features">The features after the event's step.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct PurchaseEvent(
    DateTime EventTime,
    BehaviorEventType EventType,
    string ProductId,
    SessionFeatures Features
);
