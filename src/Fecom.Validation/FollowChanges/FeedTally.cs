using System.Text.Json;
using Fecom.Validation.ReadEvents;

namespace Fecom.Validation.FollowChanges;

/// <summary>Counts a batch's changes that were not sent by Fecom, by source: a partition of the change topic.</summary>
internal sealed class FeedTally(ChangeFeeds feeds)
{
    private const string OthersPrefix = "kafka:";

    private readonly Dictionary<string, FeedNews> _news = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, FeedNews> News => _news;

    public void Clear() => _news.Clear();

    /// <summary>The counts of a message's source; null when Fecom sent it, or it was counted before.</summary>
    public FeedNews? Of(string source, long position)
    {
        if (!source.StartsWith(OthersPrefix, StringComparison.Ordinal) || position <= feeds.Counted(source))
        {
            return null;
        }

        if (!_news.TryGetValue(source, out FeedNews? news))
        {
            _news.Add(source, news = new FeedNews());
        }

        news.Position = Math.Max(news.Position, position);
        return news;
    }
}

/// <summary>A batch's counts of one source.</summary>
internal sealed class FeedNews
{
    /// <summary>A row that came before, from whatever source.</summary>
    public const string Repeated = "repeated";

    /// <summary>A row that is no valid event.</summary>
    public const string Refused = "refused";

    /// <summary>A row without a key: when it comes again, it counts twice.</summary>
    public const string WithoutKey = "without_key";

    /// <summary>An unwrapped row without its operation.</summary>
    public const string WithoutOp = "without_op";

    public Dictionary<string, long> Counts { get; } = new(StringComparer.Ordinal);

    public long Position { get; set; } = long.MinValue;

    /// <summary>Whether the messages' key is the user's id alone; null when no message showed it.</summary>
    public bool? KeyedByUser { get; set; }

    public string? LastError { get; set; }

    public void Add(ChangeKind kind) => Add(JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString()));

    public void Refuse(string error)
    {
        Add(Refused);
        LastError = error;
    }

    public void Add(string what) => Counts[what] = Counts.GetValueOrDefault(what) + 1;
}
