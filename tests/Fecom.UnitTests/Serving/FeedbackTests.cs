using System.Text.Json;
using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Fecom.Serving;
using Fecom.Serving.RecordAnswers;
using Fecom.Serving.TakeFeedback;
using Fecom.Serving.TellFeedback;
using Microsoft.Extensions.Options;
using Xunit;

namespace Fecom.UnitTests.Serving;

/// <summary>Feedback on recommendations: what is taken, and what of it counts.</summary>
public sealed class FeedbackTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 26, 12, 0, 0, 123, TimeSpan.Zero);
    private static readonly TimeSpan Window = TimeSpan.FromDays(7);

    [Fact]
    public void An_id_has_the_time_of_its_answer_in_milliseconds() =>
        Assert.Equal(Noon.UtcDateTime, AnswerTime.Of(Guid.CreateVersion7(Noon)));

    [Theory]
    [InlineData("c4a760a8-dbcf-4e14-9f39-645a8e933d74")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    [InlineData("ffffffff-ffff-7fff-8fff-ffffffffffff")]
    public void An_id_of_others_has_none(string id) => Assert.Null(AnswerTime.Of(Guid.Parse(id)));

    [Fact]
    public void Feedback_counts_once_of_what_was_shown_and_in_time()
    {
        GivenFeedback given = new()
        {
            Seq = 7,
            RecommendationId = Guid.CreateVersion7(Noon),
            ProductId = "b",
            Type = FeedbackTypes.Click,
            ServedAt = Noon.UtcDateTime,
            ReceivedAt = Noon.UtcDateTime + Window,
            IsRepeat = false,
            Kind = "similar",
            Model = "recommender",
            ModelVersion = 3,
            RulesVersion = 0,
            Position = 2,
            Source = "next_item",
        };

        Assert.Equal(FeedbackOutcomes.Counted, given.Outcome(Window));
        Assert.Equal(
            FeedbackOutcomes.Late,
            (given with { ReceivedAt = given.ReceivedAt.AddMilliseconds(1) }).Outcome(Window)
        );
        Assert.Equal(FeedbackOutcomes.NotShown, (given with { Position = null }).Outcome(Window));
        Assert.Equal(FeedbackOutcomes.Unknown, (given with { Kind = null, Position = null }).Outcome(Window));
        Assert.Equal(FeedbackOutcomes.Repeated, (given with { IsRepeat = true, Kind = null }).Outcome(Window));

        OutgoingMessage message = given.ToMessage(Window);
        RecommendationFeedback told = new JsonTopicFormat<RecommendationFeedback>().Read(message.Value);
        Assert.Equal(("similar", 3, 2, "counted"), (told.Kind, told.ModelVersion, told.Position, told.Outcome));
        Assert.Equal(7, message.Origin?.Position);
    }

    [Theory]
    [InlineData("""{"product_id":"b","type":"click"}""", "recommendation_id")]
    [InlineData("""{"recommendation_id":"7","product_id":"b","type":"click"}""", "recommendation_id")]
    [InlineData(
        """{"recommendation_id":"01a20286-4c20-7b95-bffc-df714ff02890","product_id":"","type":"click"}""",
        "product_id"
    )]
    [InlineData(
        """{"recommendation_id":"01a20286-4c20-7b95-bffc-df714ff02890","product_id":[],"type":"click"}""",
        "product_id"
    )]
    [InlineData(
        """{"recommendation_id":"01a20286-4c20-7b95-bffc-df714ff02890","product_id":"b","type":"Click"}""",
        "type"
    )]
    [InlineData(
        """{"recommendation_id":"01a20286-4c20-7b95-bffc-df714ff02890","product_id":"b","type":"cart","price":-1}""",
        "price"
    )]
    [InlineData(
        """{"recommendation_id":"01a20286-4c20-7b95-bffc-df714ff02890","product_id":"b","type":"cart","price":1e10}""",
        "price"
    )]
    [InlineData("null", "recommendation_id")]
    public void What_is_wrong_is_named_by_its_field(string json, string field)
    {
        Dictionary<string, string[]> errors = [];

        NewFeedback? read = FeedbackApi.Read(
            JsonSerializer.Deserialize<FeedbackItem?>(json, TopicJson.Options),
            "feedback[3].",
            errors
        );

        Assert.Null(read);
        Assert.Contains($"feedback[3].{field}", errors.Keys);
    }

    [Fact]
    public void A_number_is_a_product_as_its_text_is()
    {
        Dictionary<string, string[]> errors = [];

        NewFeedback? read = FeedbackApi.Read(
            JsonSerializer.Deserialize<FeedbackItem>(
                """{"recommendation_id":"01a20286-4c20-7b95-bffc-df714ff02890","product_id":37326829,"type":"purchase","price":9.50}""",
                TopicJson.Options
            ),
            "",
            errors
        );

        Assert.Empty(errors);
        Assert.Equal(("37326829", "purchase", 9.50m), (read?.ProductId, read?.Type, read?.Price));
    }

    [Fact]
    public void What_finds_no_place_among_the_waiting_answers_is_counted_as_lost()
    {
        ServedAnswers answers = new(Options.Create(new FeedbackOptions { MaxWaitingAnswers = 100 }));
        for (int i = 0; i < 103; i++)
        {
            answers.Add(new(Guid.CreateVersion7(Noon), "similar", AnsweringModel.Fallback("trending"), i, [], []));
        }

        List<ServedAnswer> taken = [];
        answers.Take(taken, 60);
        answers.Take(taken, 1_000);

        Assert.Equal(3, answers.Lost);
        Assert.Equal(Enumerable.Range(0, 100), taken.Select(answer => answer.RulesVersion));
    }

    [Fact]
    public void An_answer_is_kept_while_feedback_on_it_counts()
    {
        FeedbackDaysValidator validator = new();
        FeedbackOptions options = new() { KeepDays = 7 };

        Assert.True(validator.Validate(null, options).Succeeded);
        options.AttributionWindow = TimeSpan.FromDays(8);
        Assert.Contains(
            "AttributionWindow",
            validator.Validate(null, options).FailureMessage,
            StringComparison.Ordinal
        );
    }
}
