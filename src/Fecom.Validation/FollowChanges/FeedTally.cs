using System.Text.Json;
using Fecom.Validation.ReadEvents;

namespace Fecom.Validation.FollowChanges;

/// <summary>What a batch brought of the changes that somebody else than Fecom sends, by source: a partition of the change topic.</summary>
internal sealed class FeedTally(ChangeFeeds feeds)
{
    private const string OthersPrefix = "kafka:";

    private readonly Dictionary<string, FeedNews> _news = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, FeedNews> News => _news;

    public void Clear() => _news.Clear();

    /// <summary>What is known of a message's source; null when Fecom sent it, or it was counted before.</summary>
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

/// <summary>What a batch brought from one source.</summary>
internal sealed class FeedNews
{
    /// <summary>A row that came before, from whatever source.</summary>
    public const string Repeated = "repeated";

    /// <summary>A row that is no valid event.</summary>
    public const string Refused = "refused";

    /// <summary>A row that no key names: when it comes again it counts again.</summary>
    public const string WithoutKey = "without_key";

    /// <summary>An unwrapped row that does not say what happened to it.</summary>
    public const string WithoutOp = "without_op";

    public Dictionary<string, long> Counts { get; } = new(StringComparer.Ordinal);

    public long Position { get; set; } = long.MinValue;

    /// <summary>Whether the messages' key is the user's id alone; null when no message told.</summary>
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
