using System.Text.Json;
using Fecom.Monolith;
using Xunit;

namespace Fecom.UnitTests.Monolith;

public sealed class StartReportTests
{
    [Fact]
    public void Unready_names_the_checks_that_are_not_healthy_with_their_words() =>
        Assert.Equal(
            "kafka (starting), redis",
            StartReport.Unready(
                Json(
                    """{"checks":{"postgres":{"status":"healthy"},"kafka":{"status":"unhealthy","description":"starting"},"redis":{"status":"unhealthy"}}}"""
                )
            )
        );

    [Fact]
    public void Loading_tells_how_far_the_file_that_loads_is_and_how_many_come()
    {
        IReadOnlyList<JsonElement> files = StartReport.Files(
            Json(
                """
                {"sources":[
                    {"name":"file:b.csv@1","kind":"file","state":"waiting","rows":0},
                    {"name":"file:a.csv@2","kind":"file","state":"loading","rows":12345,"bytes":50,"total_bytes":200,"rows_per_second":9876.4,"seconds_left":75},
                    {"name":"api","kind":"api","state":"open","rows":9}]}
                """
            )
        );

        Assert.Equal(2, files.Count);
        Assert.All(files, file => Assert.True(StartReport.IsBusy(file)));
        Assert.Equal(
            "loading a.csv: 12,345 rows, 25 %, 9,876 rows/s, 1:15 left, 1 more to come",
            StartReport.Loading(files)
        );
        Assert.Equal(12_345, StartReport.RowsToLearnFrom(files));
    }

    [Theory]
    [InlineData(
        """{"name":"file:a.csv@2","kind":"file","state":"completed","rows":10,"malformed":2,"notice":"ends early"}""",
        "a.csv: completed, 10 rows, 2 malformed; ends early"
    )]
    [InlineData(
        """{"name":"file:a.csv@2","kind":"file","state":"refused","rows":0,"last_error":"no header"}""",
        "a.csv: refused, 0 rows; no header"
    )]
    [InlineData("""{"name":"file:a.csv@2","kind":"file","state":"waiting","rows":0}""", null)]
    public void Loaded_tells_what_a_person_should_know(string source, string? expected) =>
        Assert.Equal(expected, StartReport.Loaded(Json(source)));

    [Theory]
    [InlineData("[]", null)]
    [InlineData("""[{"id":1,"job":"train_purchase","state":"failed"}]""", null)]
    [InlineData(
        """[{"id":1,"job":"train_purchase","state":"failed"},{"id":2,"job":"train_recommender","state":"running"}]""",
        null
    )]
    [InlineData(
        """[{"id":1,"job":"train_purchase","state":"failed","error":"too few carts"},{"id":2,"job":"train_recommender","state":"failed"}]""",
        "train_purchase: too few carts|train_recommender: failed"
    )]
    [InlineData(
        """[{"id":1,"job":"train_purchase","state":"failed"},{"id":3,"job":"train_purchase","state":"completed"},{"id":2,"job":"train_recommender","state":"completed"}]""",
        ""
    )]
    public void Untrained_gives_the_newest_failures_once_both_models_have_been_tried(string runs, string? expected) =>
        Assert.Equal(
            expected,
            StartReport.Untrained(Json($$"""{"runs":{{runs}}}""")) is { } failures ? string.Join('|', failures) : null
        );

    [Fact]
    public void What_is_no_such_body_says_nothing()
    {
        Assert.Equal("", StartReport.Unready(default));
        Assert.Null(StartReport.Check(default, "model"));
        Assert.Empty(StartReport.Files(Json("[]")));
        Assert.Null(StartReport.Untrained(default));
    }

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
}
