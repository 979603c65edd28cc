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
internal sealed record RecommenderReport(
    NextItemMetrics Model,
    NextItemMetrics Popularity,
    NextItemMetrics? Champion = null,
    long Visits = 0,
    long KnownToChampion = 0
)
{
    /// <summary>Whether what is visited most of all, whatever the session, would have been the better answer.</summary>
    public bool IsWorseThanPopularity => Model.Cases > 0 && Model.HitRate20 < Popularity.HitRate20;
}

/// <summary>Builds an index from sessions; those that began after a moment are held out, asked, and taken in last.</summary>
/// <param name="settings">How to build.</param>
/// <param name="newest">The newest event's time, UTC.</param>
/// <param name="holdOutFrom">Where the newest sessions begin.</param>
/// <param name="championSaw">Until when the events were received that the champion learned from, UTC; the least of times without a champion.</param>
internal sealed class RecommenderTraining(
    CoVisitationOptions settings,
    DateTime newest,
    DateTime holdOutFrom,
    DateTime championSaw = default
)
{
    /// <summary>Held-out sessions that are asked: enough for a hit rate to half a point.</summary>
    private const int MaxAsked = 20_000;

    /// <summary>Sessions that the champion has not seen, from which on it is asked about these alone.</summary>
    private const int EnoughUnseen = 50;

    private readonly CoVisitationBuilder _builder = new(settings, newest);
    private readonly List<HeldOutSession> _heldOut = [];

    /// <summary>Until when the events were received that were taken in, UTC.</summary>
    public DateTime ReceivedUntil { get; private set; }

    public int HeldOut => _heldOut.Count;

    /// <summary>Takes a session's rows.</summary>
    public void Take(ReadOnlySpan<SessionRow> session)
    {
        SessionVisit[] visits = new SessionVisit[session.Length];
        DateTime start = DateTime.MaxValue;
        DateTime end = DateTime.MinValue;
        DateTime received = DateTime.MaxValue;
        for (int i = 0; i < session.Length; i++)
        {
            int product = _builder.Products.Number(session[i].ProductId);
            visits[i] = new SessionVisit(product, session[i].EventType);
            _builder.Products.Describe(product, CategoryOf(session[i]));
            start = session[i].EventTime < start ? session[i].EventTime : start;
            end = session[i].EventTime > end ? session[i].EventTime : end;
            received = session[i].ReceivedAt < received ? session[i].ReceivedAt : received;
            ReceivedUntil = session[i].ReceivedAt > ReceivedUntil ? session[i].ReceivedAt : ReceivedUntil;
        }

        if (start >= holdOutFrom)
        {
            _heldOut.Add(new HeldOutSession(visits, end, IsSeen: received <= championSaw));
        }
        else
        {
            _builder.AddSession(visits, end);
        }
    }

    /// <summary>
    /// Asks the index as it is without the sessions that it is asked about. The champion is asked about the same ones, and only
    /// about what it has not learned either: sessions that it has seen are taken in first, unless hardly any others are left.
    /// </summary>
    public RecommenderReport Measure(CoVisitationIndex? champion, CancellationToken cancellationToken)
    {
        int unseen = _heldOut.Count(session => !session.IsSeen);
        bool asksChampion = champion is not null && (unseen >= EnoughUnseen || unseen == _heldOut.Count);
        RecommenderReport coverage = Coverage(champion);
        if (asksChampion)
        {
            _heldOut.ForEach(session => AddIf(session.IsSeen, session));
            _heldOut.RemoveAll(session => session.IsSeen);
        }

        CoVisitationIndex index = _builder.Build();
        List<int> model = [];
        List<int> popularity = [];
        List<int> before = [];
        foreach (HeldOutSession asked in _heldOut.Take(MaxAsked))
        {
            cancellationToken.ThrowIfCancellationRequested();
            RecentProduct[] session =
            [
                .. asked.Visits.Select(v => new RecentProduct(_builder.Products.IdOf(v.Product), v.Type)),
            ];
            NextItemEvaluator.AddRanks(index.Recommend, session, model);
            NextItemEvaluator.AddRanks((_, query) => index.Recommend([], query), session, popularity);
            if (asksChampion)
            {
                NextItemEvaluator.AddRanks(champion!.Recommend, session, before);
            }
        }

        return coverage with
        {
            Model = NextItemMetrics.Of([.. model]),
            Popularity = NextItemMetrics.Of([.. popularity]),
            Champion = asksChampion ? NextItemMetrics.Of([.. before]) : null,
        };
    }

    /// <summary>Takes the held-out sessions in, too.</summary>
    public CoVisitationIndex Finish()
    {
        _heldOut.ForEach(session => AddIf(true, session));
        _heldOut.Clear();
        return _builder.Build();
    }

    /// <summary>How many of the newest visits are of products that the champion knows.</summary>
    private RecommenderReport Coverage(CoVisitationIndex? champion)
    {
        NextItemMetrics none = NextItemMetrics.Of([]);
        IEnumerable<SessionVisit> visits = _heldOut.Take(MaxAsked).SelectMany(session => session.Visits);
        return champion is null
            ? new RecommenderReport(none, none)
            : new RecommenderReport(
                none,
                none,
                null,
                visits.LongCount(),
                visits.LongCount(v => champion.Knows(_builder.Products.IdOf(v.Product)))
            );
    }

    private void AddIf(bool isTaken, in HeldOutSession session)
    {
        if (isTaken)
        {
            _builder.AddSession(session.Visits, session.End);
        }
    }

    private static Category CategoryOf(SessionRow row) =>
        Category.Of(row.CategoryId, row.Features.CategoryCodeLevel1, row.Features.CategoryCodeLevel2, row.CategoryRest);

    private readonly record struct HeldOutSession(SessionVisit[] Visits, DateTime End, bool IsSeen);
}
