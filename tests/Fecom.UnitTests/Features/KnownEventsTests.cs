using Fecom.Features.ExportFeatures;
using Xunit;

namespace Fecom.UnitTests.Features;

public sealed class KnownEventsTests
{
    private static readonly DateTime Noon = new(2026, 1, 1, 12, 0, 0, DateTimeKind.Utc);

    [Fact]
    public void Slices_OfRowsOfThreeDays_AreWhatWasBeforeAndThreeDaysInOrder()
    {
        string[] slices = [.. new KnownEvents(Noon.AddDays(9), Noon, Noon.AddDays(2)).Slices()];

        Assert.Equal(4, slices.Length);
        Assert.DoesNotContain("order by", slices[0], StringComparison.Ordinal);
        Assert.Contains("known_at < timestamptz '2026-01-01 00:00:00.000000+00'", slices[0], StringComparison.Ordinal);
        Assert.All(slices[1..], slice => Assert.Contains("order by known_at", slice, StringComparison.Ordinal));
        Assert.Contains("known_at <= timestamptz '2026-01-03 12:00:00.000000+00'", slices[3], StringComparison.Ordinal);
        Assert.All(
            slices,
            slice => Assert.Contains("received_at <= timestamptz '2026-01-10 12:", slice, StringComparison.Ordinal)
        );
    }

    [Fact]
    public void Slices_OfRowsThatLieAsFarApartAsTheyCan_AreFew()
    {
        string[] slices = [.. new KnownEvents(Noon, DateTime.MinValue, DateTime.MaxValue.ToUniversalTime()).Slices()];

        Assert.InRange(slices.Length, 1_000, 2_002);
        Assert.Contains("event_time < timestamptz 'infinity'", slices[^1], StringComparison.Ordinal);
    }
}
