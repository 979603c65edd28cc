using System.Text;
using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Fecom.Validation.ValidateEvents;
using Microsoft.Extensions.Options;
using Xunit;

namespace Fecom.UnitTests.Validation;

/// <summary>What all hosts are told in short is what is valid, also where events are taken out of a batch again.</summary>
public sealed class SortedVisitsTests
{
    private readonly EventSorter _sorter = SortedEvents.Sorter(Options.Create(new ValidationRules()));

    [Fact]
    public void Visits_are_those_of_the_valid_events_whatever_was_passed_over_or_refused()
    {
        TopicMessage<RawMessage>[] batch =
        [
            Message(0, "a"),
            Message(1, "b"),
            Message(2, "not a price", price: "-1"),
            Message(3, "c"),
            Message(4, "d"),
        ];

        (IReadOnlyList<OutgoingMessage> valid, _) = _sorter.Sort(batch);
        Assert.Equal(["a", "b", "c", "d"], Products(valid));

        (valid, _) = _sorter.PassOver([1], batch);
        Assert.Equal(["a", "c", "d"], Products(valid));

        (valid, _) = _sorter.Refuse([_sorter.Named[1]], batch);
        Assert.Equal(["a", "d"], Products(valid));

        (valid, _) = _sorter.Sort(batch[4..]);
        Assert.Equal(["d"], Products(valid));
    }

    /// <returns>The products of the valid events, which the visits must be too.</returns>
    private string[] Products(IReadOnlyList<OutgoingMessage> valid)
    {
        ProductVisit[] visits = [.. _sorter.Visits().SelectMany(block => VisitBlock.Read(block.Value).Visits)];
        Assert.Equal(valid.Select(message => ProductVisit.Of(BehaviorEventJson.Read(message.Value))), visits);
        return [.. visits.Select(visit => visit.ProductId)];
    }

    private static TopicMessage<RawMessage> Message(long offset, string product, string price = "5.5") =>
        new(
            0,
            offset,
            "u"u8.ToArray(),
            new RawMessage(
                Encoding.UTF8.GetBytes(
                    $$"""{"event_id":"00000000-0000-4000-8000-00000000000{{offset}}","event_time":"2026-01-01T00:00:00Z","event_type":"view","product_id":"{{product}}","user_id":"u","user_session":"s","price":{{price}}}"""
                )
            ),
            new MessageOrigin("api", offset, new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc)),
            null
        );
}
