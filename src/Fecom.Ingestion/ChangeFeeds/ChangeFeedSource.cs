using System.Globalization;
using Fecom.Contracts;
using Fecom.Ingestion.Shared.FollowSources;

namespace Fecom.Ingestion.ChangeFeeds;

/// <summary>A Debezium connector, or whoever else sends to the change topic, as a source: what validation has counted, over all partitions.</summary>
internal sealed class ChangeFeedSource(IEnumerable<IChangeFeeds> feeds) : ISourceCatalog
{
    public const string Kind = "debezium";

    private static readonly string[] NoEvents =
    [
        "updated",
        "rekeyed",
        "deleted",
        "tombstone",
        "truncated",
        "heartbeat",
        "transaction",
        "message",
        "repeated",
    ];

    public async Task<IReadOnlyList<SourceStatus>> ListAsync(CancellationToken cancellationToken)
    {
        List<ChangeFeedStatus> all = [];
        foreach (IChangeFeeds of in feeds)
        {
            all.AddRange(await of.ListAsync(cancellationToken));
        }

        return
        [
            .. all.GroupBy(feed => feed.Source[..feed.Source.LastIndexOf('/')], StringComparer.Ordinal)
                .Select(topic => Status(topic.Key, [.. topic])),
        ];
    }

    private static SourceStatus Status(string name, IReadOnlyList<ChangeFeedStatus> partitions)
    {
        ChangeFeedStatus? failed = partitions
            .Where(partition => partition.LastErrorAt is not null)
            .MaxBy(partition => partition.LastErrorAt);
        return new SourceStatus
        {
            Name = name,
            Kind = Kind,
            State = "streaming",
            Rows = Sum("created") + Sum("read"),
            Malformed = Sum("refused"),
            Position = partitions.Max(partition => partition.Position),
            Feed = new SourceFeed
            {
                SnapshotRows = Sum("read"),
                Created = Sum("created"),
                Updated = Sum("updated"),
                Deleted = Sum("deleted"),
                Truncated = Sum("truncated"),
                Skipped = NoEvents
                    .Where(reason => Sum(reason) > 0)
                    .ToDictionary(reason => reason, Sum, StringComparer.Ordinal),
                Offsets = partitions.ToDictionary(
                    partition =>
                        int.Parse(
                            partition.Source.AsSpan(partition.Source.LastIndexOf('/') + 1),
                            CultureInfo.InvariantCulture
                        ),
                    partition => partition.Position
                ),
                ChangedAt = partitions.Max(partition => partition.ChangedAt),
            },
            Notice = Notice(),
            LastError = failed is null
                ? null
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"{failed.LastErrorAt:yyyy-MM-dd HH:mm:ss} UTC: {failed.LastError}"
                ),
        };

        long Sum(string what) => partitions.Sum(partition => partition.Messages.GetValueOrDefault(what));

        string? Notice()
        {
            string[] notices =
            [
                .. Sum("without_key") is > 0 and var keyless
                    ?
                    [
                        $"{keyless} rows came without a primary key: sent again, they count again. Name the columns that tell rows apart in Ingestion:Changes:RowKey.",
                    ]
                    : Array.Empty<string>(),
                .. Sum("without_op") is > 0 and var mute
                    ?
                    [
                        $"{mute} unwrapped rows did not say what happened to them and were taken as new: set the connector's transforms.….add.fields=op.",
                    ]
                    : Array.Empty<string>(),
                .. partitions.Any(partition => partition.KeyedByUser == false)
                    ?
                    [
                        "Messages are not keyed by the user's id, so a user's events lie in several partitions, and hosts that share the work write the same users and sessions in turns. Set the connector's message.key.columns=TABLE:user_id, and Ingestion:Changes:RowKey to the primary key.",
                    ]
                    : Array.Empty<string>(),
            ];
            return notices.Length == 0 ? null : string.Join(' ', notices);
        }
    }
}
