using System.Runtime.InteropServices;
using Fecom.Contracts;
using Fecom.Learning.Views;

namespace Fecom.Training.ReadSessions;

/// <summary>One row of the offline store.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct SessionRow(
    DateTime EventTime,
    BehaviorEventType EventType,
    string ProductId,
    string? CategoryId,
    SessionFeatures Features,
    string? CategoryRest = null,
    long Ingested = 0
);
