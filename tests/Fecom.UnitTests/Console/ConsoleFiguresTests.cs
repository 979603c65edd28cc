using Fecom.WebConsole.Charts;
using Fecom.WebConsole.Pages;
using Fecom.WebConsole.Requests;
using Xunit;

namespace Fecom.UnitTests.WebConsole;

/// <summary>What pages work out of the API's answers.</summary>
public sealed class ConsoleFiguresTests
{
    private static readonly DateTime Now = new(2026, 11, 27, 20, 15, 0, DateTimeKind.Utc);

    [Fact]
    public void A_period_ends_with_the_hour_that_is_under_way()
    {
        OverviewPeriod day = OverviewPeriod.Of(24, Now, Now.AddHours(-1));

        Assert.Equal(new DateTime(2026, 11, 27, 21, 0, 0, DateTimeKind.Utc), day.Until);
        Assert.Equal(day.Until.AddDays(-1), day.From);
        Assert.Equal(day.Until.AddDays(-2), day.BeforeFrom);
        Assert.False(day.Past);
    }

    [Fact]
    public void A_period_without_a_figure_ends_with_the_newest_that_there_is()
    {
        DateTime newest = new(2025, 1, 4, 14, 0, 0, DateTimeKind.Utc);

        OverviewPeriod day = OverviewPeriod.Of(24, Now, newest);

        Assert.Equal((newest.AddHours(-23), newest.AddHours(1), true), (day.From, day.Until, day.Past));
    }

    [Fact]
    public void Hours_add_up_and_conversion_is_of_sessions()
    {
        ShopFigures sum = ShopFigures.Of([
            new ShopAnswers.KpiHour(Now, 40, 6, 100, 20, 9, 12.5),
            new ShopAnswers.KpiHour(Now, 10, 4, 50, 10, 5, 7.5),
        ]);

        Assert.Equal(new ShopFigures(50, 10, 150, 30, 14, 20), sum);
        Assert.Equal(0.2, sum.Conversion);
        Assert.Null(ShopFigures.Of([]).Conversion);
    }

    [Fact]
    public void A_line_has_a_gap_where_there_is_no_value()
    {
        ChartScale scale = ChartScale.Of([0, 2, null, 1, 2]);

        Assert.Equal((0, 2), (scale.Min, scale.Max));
        Assert.Equal("M0 100L25 0M75 50L100 0", scale.Line([0, 2, null, 1, 2]));
        Assert.Equal("", scale.Area([0, 2, null, 1, 2]));
    }

    [Theory]
    [InlineData("http://0.0.0.0:8080", "http://127.0.0.1:8080/")]
    [InlineData("http://[::]:8080", "http://127.0.0.1:8080/")]
    [InlineData("http://localhost:5000", "http://localhost:5000/")]
    [InlineData("https://*:8443;http://10.0.0.7:80", "http://10.0.0.7/")]
    public void The_console_calls_the_host_that_it_is_part_of(string listening, string called) =>
        Assert.Equal(called, HostAddress.Of(listening.Split(';')).ToString());

    [Fact]
    public void A_refusal_is_told_with_its_fields() =>
        Assert.Equal(
            "One or more are wrong. version: There is no version 9.",
            ApiException
                .Of(
                    System.Net.HttpStatusCode.BadRequest,
                    """{"title":"One or more are wrong.","errors":{"version":["There is no version 9."]}}"""
                )
                .Message
        );
}
