using Fecom.Contracts;
using Fecom.Learning.Recommend;
using Fecom.Learning.Views;
using Fecom.Training.ReadSessions;
using Fecom.Training.TrainRecommender;
using Xunit;

namespace Fecom.UnitTests.Training;

public sealed class RecommenderTrainingTests
{
    private static readonly DateTime Start = new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    [Fact]
    public void Measure_AsksOnlyWhatItHasNotSeen_AndFinishTakesAllIn()
    {
        RecommenderTraining training = new(new CoVisitationOptions(), Start.AddDays(2), Start.AddDays(1));
        training.Take(Session(0, "a", "b"));
        training.Take(Session(0, "a", "b"));
        training.Take(Session(1, "a", "b"));
        training.Take(Session(1, "new", "newer"));

        RecommenderReport report = training.Measure(TestContext.Current.CancellationToken);
        CoVisitationIndex index = training.Finish();

        // Of two questions, what follows a was known and what follows new was not.
        Assert.Equal((2, 0.5, 0.5), (report.Model.Cases, report.Model.HitRate20, report.Model.ReciprocalRank20));
        Recommendation next = index.Recommend([new("new", BehaviorEventType.View)], new() { Count = 1, FillUp = false }).Single();
        Assert.Equal("newer", next.ProductId);
    }

    [Fact]
    public void Finish_RemembersCategories()
    {
        RecommenderTraining training = new(new CoVisitationOptions(), Start, Start.AddDays(1));
        training.Take(Session(0, "a", "b"));
        CoVisitationIndex index = training.Finish();

        RecommendationQuery toys = new() { Count = 5, Category = "toys.cars" };
        Assert.Equal(["a", "b"], index.Recommend([], toys).Select(r => r.ProductId).Order());
        Assert.Empty(index.Recommend([], toys with { Category = "books" }));
    }

    private static SessionRow[] Session(int day, params string[] products) =>
        [
            .. products.Select((product, i) => new SessionRow(
                Start.AddDays(day).AddSeconds(i),
                BehaviorEventType.View,
                product,
                "1",
                new SessionFeatures
                {
                    EventWeekday = 0,
                    ActivityCount = i + 1,
                    Price = 1m,
                    CategoryCodeLevel1 = "toys",
                    CategoryCodeLevel2 = "cars",
                }
            )),
        ];
}
