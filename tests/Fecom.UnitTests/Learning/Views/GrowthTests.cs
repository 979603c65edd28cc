using Fecom.Contracts;
using Fecom.Learning.Views;
using Xunit;

namespace Fecom.UnitTests.Learning.Views;

/// <summary>However long a shop runs, a state takes no more room than it did after its longest window.</summary>
public sealed class GrowthTests
{
    private const int EventsADay = 24;

    public static TheoryData<string> Views => [.. FeatureViews.All.Select(view => view.Name)];

    /// <summary>All events are one entity's: the visitor who never leaves, the product that everybody sees.</summary>
    [Theory]
    [MemberData(nameof(Views))]
    public void Pack_AfterYearsOfEvents_IsNoLargerThanAfterOne(string name)
    {
        FeatureView view = FeatureViews.All.Single(view => view.Name == name);
        EntityState state = view.Create();
        int id = 0;
        int AfterDays(int days)
        {
            for (; id < days * EventsADay; id++)
            {
                state.Step(
                    Events.Of(
                        id % 24 == 0 ? BehaviorEventType.Purchase
                            : id % 6 == 0 ? BehaviorEventType.Cart
                            : BehaviorEventType.View,
                        view.Entity == "product_id" ? "p" : $"product{1_000_000 + id}",
                        seconds: id * (86_400.0 / EventsADay),
                        category: $"level{id % 50}.category{id % 700}",
                        brand: view.Entity == "brand" ? "apple" : $"brand{id % 900}",
                        price: 1 + (id % 500),
                        session: view.Entity == "user_session" ? "s" : $"session{1_000_000 + (id / 5)}",
                        id: id
                    )
                );
            }

            return state.Pack(revision: 1_000_000).Length;
        }

        int year = AfterDays(400);
        int years = AfterDays(1_200);

        // Counts have a digit more.
        Assert.InRange(years, 1, (year * 1.05) + 32);
    }
}
