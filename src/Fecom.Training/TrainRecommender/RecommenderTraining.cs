using System.Runtime.InteropServices;
using Fecom.Learning.Metrics;
using Fecom.Learning.NextItem;
using Fecom.Learning.Recommend;
using Fecom.Learning.Views;
using Fecom.Training.ReadSessions;

namespace Fecom.Training.TrainRecommender;

/// <summary>How good the recommender was on sessions it had not seen, beside popularity and the champion.</summary>
/// <param name="Model">The new recommender.</param>
/// <param name="Popularity">What is visited most of all, whatever the session.</param>
/// <param name="Champion">The champion on the same sessions; null without one, and where it has seen too many of them to be asked.</param>
/// <param name="Visits">Visits of the newest sessions.</param>
/// <param name="KnownToChampion">Those of them whose product the champion knows.</param>
/// <param name="CoVisitation">What is visited together, without a ranker; null when there was too little to grow one.</param>
internal sealed record RecommenderReport(
    NextItemMetrics Model,
    NextItemMetrics Popularity,
    NextItemMetrics? Champion = null,
    long Visits = 0,
    long KnownToChampion = 0,
    NextItemMetrics? CoVisitation = null
)
{
    /// <summary>HitRate@20 less popularity's, on the same questions; null where there were none.</summary>
    public Estimate? PopularityGain { get; init; }

    /// <summary>HitRate@20 less the champion's, on the same questions; null where it was not asked.</summary>
    public Estimate? ChampionGain { get; init; }

    /// <summary>Time of an answer, in microseconds.</summary>
    public double Microseconds { get; init; }

    /// <summary>Time of an answer of the champion, in microseconds.</summary>
    public double ChampionMicroseconds { get; init; }

    /// <summary>Whether what is visited most of all, whatever the session, would have been the better answer.</summary>
    public bool IsWorseThanPopularity => Model.Cases > 0 && Model.HitRate20 < Popularity.HitRate20;
}

/// <summary>
/// Builds a recommender from sessions; those that began after a moment are held out, asked, and taken in last. A ranker of candidates is
/// grown beside the index of what is visited together, and serves where it was better on the sessions held out.
/// </summary>
/// <param name="settings">How to build the index.</param>
/// <param name="ranking">How to train the ranker.</param>
/// <param name="newest">The newest event's time, UTC.</param>
/// <param name="holdOutFrom">Where the newest sessions begin.</param>
/// <param name="championSaw">Until when the events were received that the champion learned from, UTC; the least of times without a champion.</param>
/// <param name="time">Measures how long answers take.</param>
internal sealed class RecommenderTraining(
    CoVisitationOptions settings,
    RankerOptions ranking,
    DateTime newest,
    DateTime holdOutFrom,
    DateTime championSaw,
    TimeProvider time
)
{
    /// <summary>Held-out sessions that are asked: enough for a hit rate to half a point.</summary>
    private const int MaxAsked = 20_000;

    /// <summary>Sessions that the champion has not seen, from which on it is asked about these alone.</summary>
    private const int EnoughUnseen = 50;

    /// <summary>Seed of the draws by which it is judged how sure a difference is.</summary>
    private const int Seed = 17;

    private readonly CoVisitationBuilder _builder = new(settings, newest);

    /// <summary>The newest sessions that the ranker's candidates come from: 25 bytes a visit in the host that serves.</summary>
    private const int MaxRankedSessions = 1_000_000;

    private readonly List<HeldOutSession> _heldOut = [];
    private readonly List<Walk> _walks = [];
    private readonly VisitorPasts _pasts = new();
    private SessionRecommender? _ranker;

    /// <summary>Until when the events were received that were taken in, UTC.</summary>
    public DateTime ReceivedUntil { get; private set; }

    public int HeldOut => _heldOut.Count;

    /// <summary>Takes a session's rows.</summary>
    public void Take(ReadOnlySpan<SessionRow> session)
    {
        SessionVisit[] visits = new SessionVisit[session.Length];
        RecentProduct[] events = new RecentProduct[session.Length];
        DateTime start = DateTime.MaxValue;
        DateTime end = DateTime.MinValue;
        DateTime received = DateTime.MaxValue;
        for (int i = 0; i < session.Length; i++)
        {
            int product = _builder.Products.Number(session[i].ProductId);
            visits[i] = new SessionVisit(product, session[i].EventType);
            events[i] = new RecentProduct(session[i].ProductId, session[i].EventType);
            _builder.Products.Describe(product, CategoryOf(session[i]));
            start = session[i].EventTime < start ? session[i].EventTime : start;
            end = session[i].EventTime > end ? session[i].EventTime : end;
            received = session[i].ReceivedAt < received ? session[i].ReceivedAt : received;
            ReceivedUntil = session[i].ReceivedAt > ReceivedUntil ? session[i].ReceivedAt : ReceivedUntil;
        }

        // A visit in which several visitors have a part counts as that of the one who began it.
        string user = session[0].UserId;
        _pasts.Add(user, end, events);
        TakenSession taken = new(user, visits, start, end);
        if (start >= holdOutFrom)
        {
            _heldOut.Add(new HeldOutSession(taken, IsSeen: received <= championSaw));
        }
        else
        {
            Add(taken);
        }
    }

    /// <summary>
    /// Asks the index as it is without the sessions that it is asked about. The champion is asked about the same ones, and only
    /// about what it has not learned either: sessions that it has seen are taken in first, unless hardly any others are left.
    /// </summary>
    /// <param name="champion">The recommender that serves; null when there is none.</param>
    /// <param name="progress">Hears what goes on and the share of the ranker's training that is done by then; may be null.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public RecommenderReport Measure(
        Recommender? champion,
        Action<string, double>? progress,
        CancellationToken cancellationToken
    )
    {
        int unseen = _heldOut.Count(session => !session.IsSeen);
        bool asksChampion = champion is not null && (unseen >= EnoughUnseen || unseen == _heldOut.Count);
        RecommenderReport coverage = Coverage(champion);
        if (asksChampion)
        {
            _heldOut.Where(session => session.IsSeen).ToList().ForEach(session => Add(session.Taken));
            _heldOut.RemoveAll(session => session.IsSeen);
        }

        CoVisitationIndex index = _builder.Build();
        _ranker = Grow(progress, cancellationToken);
        Recommender plain = new(index, ranker: null);
        Recommender ranked = new(index, _ranker);
        AskedRecommender byCoVisits = new(plain.Recommend, time);
        AskedRecommender byRanker = new(ranked.Recommend, time);
        AskedRecommender popularity = new((_, query) => index.Recommend([], query), time);
        AskedRecommender? before = asksChampion ? new(champion!.Recommend, time) : null;
        foreach (HeldOutSession asked in _heldOut.Take(MaxAsked))
        {
            cancellationToken.ThrowIfCancellationRequested();
            TakenSession taken = asked.Taken;
            RecentProduct[] session =
            [
                .. taken.Visits.Select(v => new RecentProduct(_builder.Products.IdOf(v.Product), v.Type)),
            ];
            IReadOnlyList<PastProduct> past = _pasts.Before(taken.User, taken.Start);
            byCoVisits.Ask(session, past);
            if (ranked.IsRanked)
            {
                byRanker.Ask(session, past);
            }

            popularity.Ask(session, past);
            before?.Ask(session, past);
        }

        bool isBetter = byRanker.Metrics.Cases > 0 && Quality(byRanker.Metrics) > Quality(byCoVisits.Metrics);
        AskedRecommender model = isBetter ? byRanker : byCoVisits;
        RecommenderReport report = coverage with
        {
            Model = model.Metrics,
            CoVisitation = ranked.IsRanked ? byCoVisits.Metrics : null,
            Popularity = popularity.Metrics,
            Champion = before?.Metrics,
            PopularityGain = model.GainOn(popularity, Seed),
            ChampionGain = before is null ? null : model.GainOn(before, Seed),
            Microseconds = model.Microseconds,
            ChampionMicroseconds = before?.Microseconds ?? 0,
        };
        _ranker = isBetter ? _ranker : null;
        return report;
    }

    /// <summary>Takes the held-out sessions in, too.</summary>
    public Recommender Finish(CancellationToken cancellationToken)
    {
        _heldOut.ForEach(session => Add(session.Taken));
        _heldOut.Clear();
        return new Recommender(
            _builder.Build(),
            _ranker?.Over(Walks().Select(IdsOf), ranking.Threads, cancellationToken)
        )
        {
            LearnedUntil = ReceivedUntil,
        };
    }

    /// <summary>Hit rate and reciprocal rank together, as the ranker's neighbours are tuned by.</summary>
    private static double Quality(NextItemMetrics metrics) => metrics.HitRate20 + metrics.ReciprocalRank20;

    /// <summary>A ranker over what was taken in so far; null when that is too little to grow trees.</summary>
    private SessionRecommender? Grow(Action<string, double>? progress, CancellationToken cancellationToken)
    {
        if (_walks.Count == 0)
        {
            return null;
        }

        Walk[] walks = [.. Walks()];
        SessionRecommender grown = SessionRecommender.Train(
            walks.Select(IdsOf),
            ranking,
            progress,
            cancellationToken,
            session => _pasts.Before(walks[session].User, walks[session].Start)
        );
        return grown.HasTrees ? grown : null;
    }

    /// <summary>The newest sessions with a second visit, the oldest first.</summary>
    private IEnumerable<Walk> Walks() => _walks.OrderBy(walk => walk.End).TakeLast(MaxRankedSessions);

    private string[] IdsOf(Walk walk) => Array.ConvertAll(walk.Products, _builder.Products.IdOf);

    /// <summary>How many of the newest visits are of products that the champion knows.</summary>
    private RecommenderReport Coverage(Recommender? champion)
    {
        NextItemMetrics none = NextItemMetrics.Of([]);
        IEnumerable<SessionVisit> visits = _heldOut.Take(MaxAsked).SelectMany(session => session.Taken.Visits);
        return champion is null
            ? new RecommenderReport(none, none)
            : new RecommenderReport(
                none,
                none,
                null,
                visits.LongCount(),
                visits.LongCount(v => champion.CoVisits.Knows(_builder.Products.IdOf(v.Product)))
            );
    }

    private void Add(in TakenSession session)
    {
        _builder.AddSession(session.Visits, session.End);
        List<int> walk = new(session.Visits.Length);
        foreach (SessionVisit visit in session.Visits)
        {
            if (walk.Count == 0 || VisitorSession.IsVisit(visit.Type, visit.Product == walk[^1]))
            {
                walk.Add(visit.Product);
            }
        }

        if (walk.Count > 1)
        {
            _walks.Add(new Walk(session.User, [.. walk], session.Start, session.End));
        }
    }

    private static Category CategoryOf(SessionRow row) =>
        Category.Of(row.CategoryId, row.Features.CategoryCodeLevel1, row.Features.CategoryCodeLevel2, row.CategoryRest);

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct TakenSession(string User, SessionVisit[] Visits, DateTime Start, DateTime End);

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct HeldOutSession(TakenSession Taken, bool IsSeen);

    /// <summary>A session as the ranker learns it: its products in the order in which they were visited.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Walk(string User, int[] Products, DateTime Start, DateTime End);
}
