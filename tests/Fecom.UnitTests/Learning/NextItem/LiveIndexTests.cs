using Fecom.Learning.NextItem;
using Xunit;

namespace Fecom.UnitTests.Learning.NextItem;

/// <summary>An index that takes sessions in while it answers, against one that is built anew from all of them.</summary>
public sealed class LiveIndexTests
{
    private static readonly RankerOptions Quick = new()
    {
        TuningQuestions = 0,
        Trees = 5,
        MinRowsPerLeaf = 50,
        Threads = 1,
    };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1, 400, 100, 30, 5_000, 0)]
    [InlineData(2, 400, 1, 30, 20, 0.5)]
    [InlineData(3, 100, 400, 30, 20, 0.25)]
    [InlineData(4, 6_000, 900, 200, 150, 0.5)]
    public void The_neighbours_of_an_index_that_has_grown_are_those_of_one_built_anew(
        int seed,
        int older,
        int newer,
        int products,
        int sessionsPerProduct,
        double lengthPower
    )
    {
        SessionLog tail = SomeSessions.Random(seed + 100, newer, products + 7);
        SessionLog log = SomeSessions.Random(seed, older, products);
        SessionLog all = SomeSessions.Random(seed, older, products);
        for (int session = 0; session < newer; session++)
        {
            all.Add(tail[session]);
        }

        NeighbourOptions options = new() { SessionsPerProduct = sessionsPerProduct, LengthPower = lengthPower };
        SessionIndex small = new(log, older, products);
        SessionIndex grown = small.With(tail, products + 7);
        SessionIndex anew = new(all, older + newer, products + 7);
        // As a thread does that answered before the index grew.
        NeighbourSource moved = new(small, new NeighbourWeights(small, options));
        ScoreTable table = new(products);
        Random random = new(seed);
        Score(moved, small, SomeSessions.Query(random, products - 1), table);
        moved.Move(grown, new NeighbourWeights(grown, options));
        table.Grow(grown.Products);
        NeighbourSource fresh = new(anew, new NeighbourWeights(anew, options));
        ScoreTable expected = new(anew.Products);

        for (int i = 0; i < 80; i++)
        {
            int[] query = SomeSessions.Query(random, products + 6);
            Score(moved, grown, query, table);
            Score(fresh, anew, query, expected);
            Assert.Equal(expected.Products, table.Products);
            Assert.Equal(expected.Scores, table.Scores);
        }

        Assert.Equal(anew.Popularity, grown.Popularity);
        Assert.Equal(anew.LastSession, grown.LastSession);
        Assert.Equal(anew.Repeats, grown.Repeats);
        Assert.Equal(anew.FollowShare, grown.FollowShare);
        Assert.Equal(
            Enumerable.Range(0, anew.Products).Select(anew.CountOf),
            Enumerable.Range(0, anew.Products).Select(grown.CountOf)
        );
    }

    [Fact]
    public void A_finished_session_is_in_the_next_answer_and_stays_there_after_a_merge()
    {
        LiveIndex index = Trained(600);
        string[] asked = ["p3"];
        Assert.DoesNotContain("new", index.Current.Recommend(asked, 100));

        index.Add(Enumerable.Repeat<string[]>(["p3", "new"], 50));

        Assert.Contains("new", index.Current.Recommend(asked, 100));
        Assert.Equal(650, index.Current.SessionCount);
        index.Merge(max: 10_000, threads: 1, Cancelled);
        Assert.Contains("new", index.Current.Recommend(asked, 100));
        // Transitions of a product that came anew are counted by the merge.
        Assert.NotEmpty(index.Current.Recommend(["new"], 5));
        Assert.Equal(650, index.Current.SessionCount);
    }

    [Fact]
    public async Task Sessions_that_come_during_merges_are_kept_the_oldest_go_and_answers_never_wait()
    {
        const int Max = 900;
        LiveIndex index = Trained(600);
        List<string> expected = [.. index.Current.Sessions.Select(session => string.Join(' ', session))];
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        int answers = 0;
        Task asking = Task.Run(
            () =>
            {
                for (int i = 0; !end.IsCancellationRequested; i++)
                {
                    Assert.Equal(20, index.Current.Recommend([$"p{i % 1_000}", "x7"], 20).Count);
                    Interlocked.Increment(ref answers);
                }
            },
            Cancelled
        );
        Task merging = Task.Run(
            () =>
            {
                while (!end.IsCancellationRequested)
                {
                    index.Merge(Max, threads: 1, Cancelled);
                }
            },
            Cancelled
        );
        // On a busy machine the others may begin late.
        for (int i = 0; i < 1_500 || (Volatile.Read(ref answers) < 10 && !asking.IsCompleted); i++)
        {
            string[] session = [$"x{i % 50}", $"p{i % 700}"];
            expected.Add(string.Join(' ', session));
            index.Add([session]);
        }

        await end.CancelAsync();
        await merging;
        await asking;
        index.Merge(Max, threads: 1, Cancelled);

        Assert.Equal(Max, index.Current.SessionCount);
        Assert.Equal(expected.TakeLast(Max), index.Current.Sessions.Select(session => string.Join(' ', session)));
    }

    [Fact]
    public void A_merge_is_due_when_the_segment_is_a_tenth_of_all_and_a_thousand()
    {
        LiveIndex index = Trained(600);
        index.Add(Enumerable.Repeat<string[]>(["p1", "p2"], 999));
        Assert.False(index.IsMergeDue);

        index.Add([
            ["p1", "p2"],
        ]);

        Assert.True(index.IsMergeDue);
        index.Merge(max: 100_000, threads: 1, Cancelled);
        Assert.False(index.IsMergeDue);
    }

    private static LiveIndex Trained(int sessions) =>
        new(SessionRecommender.Train(SomeSessions.Walks(sessions, seed: 5), Quick, progress: null, Cancelled));

    private static void Score(NeighbourSource source, SessionIndex index, int[] visits, ScoreTable table)
    {
        SessionQuery query = new();
        table.Clear();
        query.Set(index, visits);
        if (!query.Visits.IsEmpty)
        {
            source.Score(query, table);
        }
    }
}
