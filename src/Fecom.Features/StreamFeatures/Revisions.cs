namespace Fecom.Features.StreamFeatures;

/// <summary>
/// Revisions of the states' rows: each write has one more than the write before. A row that is made anew, after an earlier one
/// was forgotten, begins above that one's, so that what the online store may still have of it gives way.
/// </summary>
internal static class Revisions
{
    /// <summary>No row is written as often in a second; so two hosts that make the same row never take each other's for the one before theirs.</summary>
    private const long ASecond = 1_000_000;

    /// <param name="now">The time of writing, UTC.</param>
    public static long First(DateTime now) =>
        (now.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond * ASecond;

    /// <param name="before">Revision of the row; 0 when there is none.</param>
    /// <param name="now">The time of writing, UTC.</param>
    public static long Next(long before, DateTime now) => before == 0 ? First(now) : before + 1;
}
