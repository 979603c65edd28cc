using System.Runtime.InteropServices;
using Fecom.Contracts;
using Fecom.Learning.Views;

namespace Fecom.Training.ReadSessions;

/// <summary>An event of a session, and the features that it has there.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct SessionRow(
    DateTime EventTime,
    BehaviorEventType EventType,
    string ProductId,
    string? CategoryId,
    SessionFeatures Features,
    string? CategoryRest = null,
    DateTime ReceivedAt = default,
    string UserId = ""
);
