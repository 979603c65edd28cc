using Fecom.Learning.Recommend;
using Fecom.Learning.Views;
using Fecom.Training.ReadSessions;

namespace Fecom.Training.TrainRecommender;

/// <summary>How good the recommender was on sessions it had not seen, beside popularity.</summary>
internal sealed record RecommenderReport(NextItemMetrics Model, NextItemMetrics Popularity);

/// <summary>Builds an index from sessions; those that began after a moment are held out, asked, and taken in last.</summary>
internal sealed class RecommenderTraining(CoVisitationOptions settings, DateTime newest, DateTime holdOutFrom)
{
    /// <summary>Held-out sessions that are asked: enough for a hit rate to half a point.</summary>
    private const int MostAsked = 20_000;

    private readonly CoVisitationBuilder _builder = new(settings, newest);
    private readonly List<(SessionVisit[] Visits, DateTime End)> _heldOut = [];

    public int HeldOut => _heldOut.Count;

    /// <summary>Takes a session's rows.</summary>
    public void Take(ReadOnlySpan<SessionRow> session)
    {
        SessionVisit[] visits = new SessionVisit[session.Length];
        DateTime start = DateTime.MaxValue;
        DateTime end = DateTime.MinValue;
        for (int i = 0; i < session.Length; i++)
        {
            int product = _builder.Products.Number(session[i].ProductId);
            visits[i] = new SessionVisit(product, session[i].EventType);
            _builder.Products.Describe(product, CategoryOf(session[i]));
            start = session[i].EventTime < start ? session[i].EventTime : start;
            end = session[i].EventTime > end ? session[i].EventTime : end;
        }

        if (start >= holdOutFrom)
        {
            _heldOut.Add((visits, end));
        }
        else
        {
            _builder.AddSession(visits, end);
        }
    }

    /// <summary>Asks the index as it is without the held-out sessions.</summary>
    public RecommenderReport Measure(CancellationToken cancellationToken)
    {
        CoVisitationIndex index = _builder.Build();
        List<int> model = [];
        List<int> popularity = [];
        foreach ((SessionVisit[] visits, _) in _heldOut.Take(MostAsked))
        {
            cancellationToken.ThrowIfCancellationRequested();
            RecentProduct[] session = [.. visits.Select(v => new RecentProduct(_builder.Products.IdOf(v.Product), v.Type))];
            NextItemEvaluator.AddRanks(index.Recommend, session, model);
            NextItemEvaluator.AddRanks((_, query) => index.Recommend([], query), session, popularity);
        }

        return new RecommenderReport(NextItemMetrics.Of([.. model]), NextItemMetrics.Of([.. popularity]));
    }

    /// <summary>Takes the held-out sessions in, too.</summary>
    public CoVisitationIndex Finish()
    {
        foreach ((SessionVisit[] visits, DateTime end) in _heldOut)
        {
            _builder.AddSession(visits, end);
        }

        _heldOut.Clear();
        return _builder.Build();
    }

    private static Category CategoryOf(SessionRow row) =>
        Category.Of(row.CategoryId, row.Features.CategoryCodeLevel1, row.Features.CategoryCodeLevel2, row.CategoryRest);
}
