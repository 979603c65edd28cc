using Fecom.Learning.Artifacts;
using Fecom.Learning.NextItem;

namespace Fecom.Learning.Recommend;

/// <summary>The recommender that serves: what comes next in a session by ranked candidates, and what is visited together. Finished sessions come in by <see cref="Live"/>; nothing else changes. Answers from any number of threads at once.</summary>
public sealed class Recommender
{
    /// <summary>The kind in an artifact, and the model's name in the registry.</summary>
    public const string Kind = "recommender";

    /// <summary>The version of artifacts that are read and written: 3 since candidates are ranked.</summary>
    public const int Format = 3;

    private readonly SessionRecommender? _trained;

    /// <param name="coVisits">Answers where there is no ranker, and where the ranker has nothing to say.</param>
    /// <param name="ranker">Says what comes next in a session; null where it was not grown, or is no better than co-visitation.</param>
    public Recommender(CoVisitationIndex coVisits, SessionRecommender? ranker) =>
        (CoVisits, _trained, Live) = (coVisits, ranker, ranker is null ? null : new LiveIndex(ranker));

    /// <summary>What is visited together, in one category, and most of all.</summary>
    public CoVisitationIndex CoVisits { get; }

    /// <summary>Whether sessions are answered by ranked candidates.</summary>
    public bool IsRanked => Live is not null;

    /// <summary>What ranks candidates, with the sessions that have finished since; null where there is no ranker.</summary>
    public LiveIndex? Live { get; }

    /// <summary>Until when the events were received that it learned from, UTC; the least of times where its artifact does not say.</summary>
    public DateTime LearnedUntil { get; init; }

    /// <summary>Reads a recommender from an artifact, and indexes its sessions: about a second for each hundred thousand.</summary>
    /// <exception cref="InvalidDataException">The bytes are not a recommender's artifact, or its parts do not fit together.</exception>
    public static Recommender Load(ReadOnlyMemory<byte> artifact)
    {
        (Description description, ReadOnlyMemory<byte>[] parts) = ModelArtifact.Read<Description>(
            artifact,
            Kind,
            Format
        );
        return parts.Length == 2
            ? new Recommender(
                CoVisitationIndex.Load(parts[0]),
                parts[1].IsEmpty ? null : SessionRecommender.Load(parts[1])
            )
            {
                LearnedUntil = description.LearnedUntil,
            }
            : throw new InvalidDataException($"The recommender has {parts.Length} parts, not 2.");
    }

    /// <summary>The recommender as one artifact, as it was trained.</summary>
    public byte[] Save() =>
        ModelArtifact.Write(
            Kind,
            Format,
            new Description(IsRanked ? "ranked_candidates" : "co_visitation", LearnedUntil),
            ("co_visitation", CoVisits.Save()),
            ("next_item", _trained?.Save() ?? [])
        );

    /// <summary>What to show a session: what comes next by the ranker, then what is visited with its products.</summary>
    /// <param name="session">The session.</param>
    /// <param name="query">How many, and which not.</param>
    /// <returns>Best first, each product once; fewer than asked for when there are no more. Scores never rise.</returns>
    public IReadOnlyList<Recommendation> Recommend(VisitorSession session, RecommendationQuery query)
    {
        List<Recommendation> answer = Live is null ? [] : Next(Live.Current, session, query);
        if (!query.IsMetBy(answer.Count))
        {
            IReadOnlyList<Recommendation> rest = CoVisits.Recommend(
                session.Recent,
                query.After([.. answer.Select(product => product.ProductId)])
            );
            double scale = answer.Count == 0 || rest.Count == 0 ? 1 : answer[^1].Score / rest[0].Score;
            answer.AddRange(rest.Select(product => product with { Score = product.Score * scale }));
        }

        return answer;
    }

    /// <summary>What the ranker goes by for each of its candidates for a session, by product; empty where there is no ranker.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<FeatureInfluence>> Explain(VisitorSession session)
    {
        ArgumentNullException.ThrowIfNull(session);
        (IReadOnlyList<string> visits, IReadOnlyList<PastProduct> past) = Known(session);
        return Live?.Current.Explain(visits, past) ?? new Dictionary<string, IReadOnlyList<FeatureInfluence>>();
    }

    private List<Recommendation> Next(SessionRecommender ranker, VisitorSession session, RecommendationQuery query)
    {
        List<Recommendation> answer = new(query.Count);
        (IReadOnlyList<string> visits, IReadOnlyList<PastProduct> past) = Known(session);
        string? last = visits.LastOrDefault(ranker.Knows);
        if (last is not null)
        {
            foreach ((string product, float score) in ranker.Candidates(visits, past))
            {
                if (
                    query.Takes(product, query.Category is null ? default : CoVisits.CategoryOf(product))
                    && answer.Count < query.Count
                )
                {
                    answer.Add(new(product, Probability(score), RecommendationSource.NextItem, last));
                }
            }
        }

        return answer;
    }

    /// <summary>What is known of a visitor; of one whose visit has not begun, the earlier visits are taken for it.</summary>
    private static (IReadOnlyList<string> Visits, IReadOnlyList<PastProduct> Past) Known(VisitorSession session) =>
        session.Visits.Length > 0
            ? (session.Visits, session.Past)
            : ([.. session.Past.Reverse().Select(past => past.ProductId)], []);

    /// <summary>The logistic function: above 0, and in the order of the scores.</summary>
    private static double Probability(float score) => 1 / (1 + Math.Exp(-score));

    private sealed record Description(string Algorithm, DateTime LearnedUntil = default);
}
