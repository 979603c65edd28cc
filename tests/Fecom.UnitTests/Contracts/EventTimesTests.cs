using Fecom.Contracts;
using Xunit;

namespace Fecom.UnitTests.Contracts;

/// <summary>A time that names its zone is taken in each form that people's systems print; what leaves the zone open is refused.</summary>
public sealed class EventTimesTests
{
    private static readonly DateTime Ten = new(2026, 11, 20, 10, 0, 0, DateTimeKind.Utc);

    /// <summary>Forms that are taken.</summary>
    public static readonly string[] Taken =
    [
        "2019-10-01 00:00:00 UTC",
        "2019-10-01 00:00:00.5 UTC",
        "2019-10-01 00:00:00.123456789 UTC",
        "2019-10-01 00:00:00,123 UTC",
        "2019-10-01 00:00:00 GMT",
        "2019-10-01T00:00:00Z",
        "2019-10-01t00:00:00z",
        "2019-10-01T00:00Z",
        "2019-10-01T00:00:00.123456789Z",
        "2019-10-01T00:00:00.12345678901234567890Z",
        "2019-10-01T02:00:00+02:00",
        "2019-10-01T00:00:00+0000",
        "2019-10-01T00:00:00-00:00",
        "2019-10-01T14:00:00+14:00",
        "2019-10-01 00:00:00Z",
        "2019-10-01 00:00:00+00",
        "2019-10-01 00:00:00.123+00",
        "2019-10-01 00:00:00+00:00",
        "2019-10-01 00:00:00 +0000",
        "2016-12-31T23:59:60Z",
    ];

    /// <summary>Forms that are refused.</summary>
    public static readonly string[] Refused =
    [
        "2019-10-01 00:00:00",
        "2019-10-01T00:00:00",
        "2019-10-01T00:00:00.000",
        "2019-10-01",
        "1569888000",
        "1569888000000",
        "1.569888e12",
        "10/01/2019 10:00",
        "10/01/2019 10:00 UTC",
        "2019-13-01 00:00:00 UTC",
        "2019-10-00 00:00:00 UTC",
        "2019-10-01 24:00:00 UTC",
        "2019-10-01T00:60:00Z",
        "2019-10-01T00:00:61Z",
        "2019-10-01T00:00:00.Z",
        "2019-10-01T00:00:00.123456789012345678901Z",
        "2019-10-01T00:00:00+25:00",
        "2019-10-01T00:00:00+14:30",
        "2019-10-01T00:00:00+02:",
        "2019-10-01T00:00:00+2",
        "2019-10-01  00:00:00 UTC",
        " 2019-10-01 00:00:00 UTC",
        "2019-10-01 00:00:00 UTC ",
        "2019-10-01 00:00:00 CET",
        "infinity",
        "-infinity",
        "yesterday",
        "٢٠١٩-10-01T00:00:00Z",
    ];

    public static TheoryData<string> TakenForms => [.. Taken];

    public static TheoryData<string> RefusedForms => [.. Refused, "2019-02-29T00:00:00Z", ""];

    [Theory]
    [MemberData(nameof(TakenForms))]
    public void TryParse_OfATimeWithItsZone_TakesIt(string text)
    {
        Assert.True(EventTimes.TryParse(text, out DateTime time));
        Assert.Equal(DateTimeKind.Utc, time.Kind);
    }

    [Theory]
    [MemberData(nameof(RefusedForms))]
    public void TryParse_OfAnythingElse_RefusesIt(string text) => Assert.False(EventTimes.TryParse(text, out _));

    [Theory]
    [InlineData("2026-11-20 10:00:00 UTC", 0)]
    [InlineData("2026-11-20 10:00:00.123456789 UTC", 123_456)]
    [InlineData("2026-11-20T12:00:00.123456789+02:00", 123_456)]
    [InlineData("2026-11-20 10:00:00.9999999+00", 999_999)]
    [InlineData("2026-11-20 10:00:00,5 GMT", 500_000)]
    [InlineData("2026-11-20T10:00Z", 0)]
    [InlineData("2026-11-20 04:30:00-0530", 0)]
    [InlineData("2026-11-20T09:59:60Z", 0)]
    public void TryParse_InEveryForm_CutsAtTheMicrosecond(string text, int microseconds)
    {
        Assert.True(EventTimes.TryParse(text, out DateTime time));
        Assert.Equal(Ten.AddMicroseconds(microseconds), time);
    }

    [Theory]
    [InlineData("0001-01-01T00:00:00+14:00")]
    [InlineData("9999-12-31T23:59:60Z")]
    public void TryParse_BeyondTheCalendar_RefusesIt(string text) => Assert.False(EventTimes.TryParse(text, out _));
}
