using System.Globalization;
using System.Text;
using Fecom.Contracts;
using Fecom.Platform.Messaging;

namespace Fecom.Serving.TellFeedback;

/// <summary>Feedback, beside what there is of the answer that it names.</summary>
internal sealed record GivenFeedback
{
    /// <summary>Stands in the origin of each message.</summary>
    private const string SourceName = "serving:feedback";

    public required long Seq { get; init; }

    public required Guid RecommendationId { get; init; }

    public required string ProductId { get; init; }

    public required string Type { get; init; }

    public decimal? Price { get; init; }

    public DateTime? ServedAt { get; init; }

    public required DateTime ReceivedAt { get; init; }

    public required bool IsRepeat { get; init; }

    /// <summary>Null when the answer is not known.</summary>
    public string? Kind { get; init; }

    public string? Model { get; init; }

    public int? ModelVersion { get; init; }

    public int? RulesVersion { get; init; }

    public string? Experiment { get; init; }

    public string? Variant { get; init; }

    /// <summary>From 1; null when the answer does not have the product.</summary>
    public int? Position { get; init; }

    public string? Source { get; init; }

    /// <summary>Whether it counts, and if not, why.</summary>
    /// <param name="window">How long after an answer feedback on it counts.</param>
    public string Outcome(TimeSpan window) =>
        IsRepeat ? FeedbackOutcomes.Repeated
        : Kind is null ? FeedbackOutcomes.Unknown
        : Position is null ? FeedbackOutcomes.NotShown
        : ReceivedAt - ServedAt > window ? FeedbackOutcomes.Late
        : FeedbackOutcomes.Counted;

    /// <summary>The message that says so.</summary>
    public OutgoingMessage ToMessage(TimeSpan window) =>
        new(
            Encoding.UTF8.GetBytes(RecommendationId.ToString("D", CultureInfo.InvariantCulture)),
            TopicJson.Write(
                new RecommendationFeedback
                {
                    RecommendationId = RecommendationId,
                    ProductId = ProductId,
                    Type = Type,
                    Outcome = Outcome(window),
                    ReceivedAt = ReceivedAt,
                    ServedAt = ServedAt,
                    Kind = Kind,
                    Model = Model,
                    ModelVersion = ModelVersion,
                    RulesVersion = RulesVersion,
                    Experiment = Experiment,
                    Variant = Variant,
                    Source = Source,
                    Position = Position,
                    Price = Price,
                }
            ),
            new MessageOrigin(SourceName, Seq, ReceivedAt)
        );
}
