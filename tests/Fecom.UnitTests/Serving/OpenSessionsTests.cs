using Fecom.Contracts;
using Fecom.Learning.NextItem;
using Fecom.Learning.Recommend;
using Fecom.Serving.GrowIndex;
using Xunit;

namespace Fecom.UnitTests.Serving;

public sealed class OpenSessionsTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 5, 8, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(30);

    private readonly SetTime _time = new();

    [Fact]
    public void A_session_has_finished_when_nothing_came_from_it_for_a_while()
    {
        OpenSessions sessions = new(Idle, capacity: 100, _time);
        Add(sessions, "s", "a");
        _time.Advance(TimeSpan.FromMinutes(20));
        Add(sessions, "s", "b");
        Add(sessions, "s", "b", BehaviorEventType.Cart);
        _time.Advance(TimeSpan.FromMinutes(29));
        Assert.Empty(sessions.TakeFinished());

        _time.Advance(TimeSpan.FromMinutes(1));

        FinishedSession finished = Assert.Single(sessions.TakeFinished());
        Assert.Equal(["a", "b"], finished.Visits);
        Assert.Equal(Start.UtcDateTime, finished.ReceivedFrom);
        Assert.Empty(sessions.TakeFinished());
    }

    [Fact]
    public void One_visit_is_no_walk_and_old_times_are_history()
    {
        OpenSessions sessions = new(Idle, capacity: 100, _time);
        Add(sessions, "one", "a");
        DateTime old = Start.UtcDateTime.AddDays(-2);
        sessions.Add("old", "a", BehaviorEventType.View, old, Start.UtcDateTime);
        sessions.Add("old", "b", BehaviorEventType.View, old, Start.UtcDateTime);
        _time.Advance(Idle);

        Assert.Empty(sessions.TakeFinished());
    }

    [Fact]
    public void Beyond_the_capacity_the_oldest_count_as_finished()
    {
        OpenSessions sessions = new(Idle, capacity: 3, _time);
        foreach (string session in (string[])["1", "2", "3", "4", "5"])
        {
            Add(sessions, session, $"{session}a");
            Add(sessions, session, $"{session}b");
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(["1a", "2a"], sessions.TakeFinished().Select(session => session.Visits[0]));
    }

    [Fact]
    public void A_recommender_gets_what_finished_since_it_learned_once()
    {
        OpenSessions sessions = new(Idle, capacity: 100, _time);
        IndexGrowth growth = new(sessions);
        Recommender first = Learned(Start.AddDays(-1));
        Walk(sessions, "early");
        _time.Advance(Idle);
        growth.Grow(first);
        growth.Grow(first);
        Assert.Equal(301, first.Live!.Current.SessionCount);

        DateTimeOffset learned = _time.GetUtcNow();
        _time.Advance(TimeSpan.FromSeconds(1));
        Walk(sessions, "late");
        _time.Advance(Idle);
        Recommender second = Learned(learned);
        growth.Grow(second);

        Assert.Equal(301, second.Live!.Current.SessionCount);
        Assert.Contains("late2", second.Live.Current.Recommend(["late1"], 5));
        growth.Grow(served: null);
        growth.Grow(Learned(default, ranked: false));
    }

    private static Recommender Learned(DateTimeOffset until, bool ranked = true)
    {
        string[][] sessions = [.. Enumerable.Range(0, 300).Select(i => new[] { $"p{i % 20}", $"p{(i + 1) % 20}" })];
        RankerOptions options = new() { TuningQuestions = 0, Threads = 1 };
        SessionRecommender? ranker = ranked
            ? SessionRecommender.Train(sessions, options, progress: null, TestContext.Current.CancellationToken)
            : null;
        CoVisitationIndex coVisits = new CoVisitationBuilder(new CoVisitationOptions(), DateTime.UnixEpoch).Build();
        return new Recommender(coVisits, ranker) { LearnedUntil = until.UtcDateTime };
    }

    private void Walk(OpenSessions sessions, string session)
    {
        Add(sessions, session, $"{session}1");
        Add(sessions, session, $"{session}2");
    }

    private void Add(
        OpenSessions sessions,
        string session,
        string product,
        BehaviorEventType type = BehaviorEventType.View
    )
    {
        DateTime now = _time.GetUtcNow().UtcDateTime;
        sessions.Add(session, product, type, now, now);
    }

    private sealed class SetTime : TimeProvider
    {
        private DateTimeOffset _now = Start;

        public override DateTimeOffset GetUtcNow() => _now;

        public void Advance(TimeSpan time) => _now += time;
    }
}
