namespace Fecom.Serving.GrowIndex;

/// <summary>A session that nothing has come from for a while.</summary>
/// <param name="Visits">Its products in the order in which they were visited.</param>
/// <param name="ReceivedFrom">When its first event came, UTC.</param>
internal sealed record FinishedSession(IReadOnlyList<string> Visits, DateTime ReceivedFrom);
