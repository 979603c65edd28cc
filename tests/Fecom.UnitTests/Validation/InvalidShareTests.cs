using Fecom.Validation.AlertInvalidShare;
using Xunit;

namespace Fecom.UnitTests.Validation;

public sealed class InvalidShareTests
{
    private static readonly AlertOptions Options = new()
    {
        Threshold = 0.05,
        ResolveAt = 0.8,
        MinEvents = 100,
    };

    [Theory]
    [InlineData(false, 95, 5, false)]
    [InlineData(false, 94, 6, true)]
    [InlineData(false, 90, 9, false)] // Too few events to raise.
    [InlineData(true, 955, 45, true)] // Below the threshold, and not far enough.
    [InlineData(true, 960, 40, false)]
    [InlineData(true, 1, 9, true)] // Few events do not end it.
    [InlineData(true, 0, 0, false)]
    public void Alerts_RisesAboveTheThresholdAndEndsWellBelowIt(bool raised, long valid, long invalid, bool alerts) =>
        Assert.Equal(alerts, new InvalidShare(valid, invalid).Alerts(raised, Options));
}
