using System.Text;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Fecom.Validation.FollowChanges;
using Fecom.Validation.ReadEvents;
using Fecom.Validation.ValidateEvents;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.UnitTests.Validation;

/// <summary>Runs messages through the sorter as the change topic brings them.</summary>
internal sealed class SortedEvents
{
    private readonly EventSorter _sorter;

    public SortedEvents(string rowKey = "") => _sorter = Sorter(Options.Create(new ValidationRules()), rowKey);

    public IReadOnlyList<BehaviorEvent> Valid { get; private set; } = [];

    public IReadOnlyList<InvalidEvent> Invalid { get; private set; } = [];

    public IReadOnlyList<RowClaim> Rows => _sorter.Rows;

    public IReadOnlyDictionary<ChangeKind, int> Skipped => _sorter.Skipped;

    public FeedNews News => _sorter.Feeds.News.Values.Single();

    /// <summary>A sorter without a database: what was counted of a feed is not known to it.</summary>
    public static EventSorter Sorter(IOptions<ValidationRules> rules, string rowKey = "") =>
        new(
            new RawEventValidator(rules, TimeProvider.System),
            new RowIdentity(Options.Create(new ChangeOptions { RowKey = rowKey })),
            new FeedTally(new ChangeFeeds(NpgsqlDataSource.Create("Host=unused.invalid"), TimeProvider.System)),
            rules,
            TimeProvider.System
        );

    public SortedEvents Sort(params (string Key, string Value)[] messages) =>
        Sort([
            .. messages.Select(message =>
                (
                    Encoding.UTF8.GetBytes(message.Key),
                    Encoding.UTF8.GetBytes(message.Value),
                    (IReadOnlyList<KeyValuePair<string, byte[]>>)[]
                )
            ),
        ]);

    public SortedEvents Sort(
        params (byte[] Key, byte[] Value, IReadOnlyList<KeyValuePair<string, byte[]>> Headers)[] messages
    )
    {
        TopicMessage<RawMessage>[] batch =
        [
            .. messages.Select(
                (message, at) =>
                    new TopicMessage<RawMessage>(
                        0,
                        at,
                        message.Key,
                        new RawMessage(message.Value),
                        new MessageOrigin(
                            $"kafka:c/{Topics.PostgresEvents}/0",
                            at,
                            TimeProvider.System.GetUtcNow().UtcDateTime
                        ),
                        null
                    )
                    {
                        Others = message.Headers,
                    }
            ),
        ];
        (IReadOnlyList<OutgoingMessage> valid, IReadOnlyList<OutgoingMessage> invalid) = _sorter.Sort(
            batch,
            ofChanges: true
        );
        Valid = [.. valid.Select(message => BehaviorEventJson.Read(message.Value))];
        Invalid =
        [
            .. invalid.Select(message => JsonSerializer.Deserialize<InvalidEvent>(message.Value, TopicJson.Options)!),
        ];
        return this;
    }
}
