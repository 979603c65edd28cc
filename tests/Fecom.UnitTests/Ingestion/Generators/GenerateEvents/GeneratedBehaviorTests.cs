using Xunit;

namespace Fecom.UnitTests.Ingestion.Generators.GenerateEvents;

/// <summary>What a model and a recommender can learn from generated events.</summary>
public sealed class GeneratedBehaviorTests : IClassFixture<GeneratedBehaviorTests.Events>
{
    private readonly List<GeneratedRow> _rows;

    public GeneratedBehaviorTests(Events events) => _rows = events.Rows;

    [Fact]
    public void Times_Ascend() => Assert.Equal(_rows.Select(row => row.Time).Order(), _rows.Select(row => row.Time));

    [Fact]
    public void Sessions_VaryInLengthAndInterleave()
    {
        List<int> lengths = [.. _rows.CountBy(row => row.Session).Select(session => session.Value)];
        Assert.InRange(lengths.Average(), 3, 6);
        Assert.InRange(lengths.Count(length => length == 1) / (double)lengths.Count, 0.1, 0.5);
        Assert.True(lengths.Max() > 30);
        int switches = _rows.Zip(_rows.Skip(1)).Count(pair => pair.First.Session != pair.Second.Session);
        Assert.True(switches > 2 * lengths.Count);
    }

    [Fact]
    public void ASession_BelongsToOneUser() =>
        Assert.All(
            _rows.GroupBy(row => row.Session),
            session => Assert.Single(session.Select(row => row.User).Distinct())
        );

    [Fact]
    public void Gaps_AreThoseOfRealExports()
    {
        Assert.InRange(Share(row => row.Code.Length == 0), 0.28, 0.38);
        Assert.InRange(Share(row => row.Brand.Length == 0), 0.11, 0.18);
        Assert.All(_rows, row => Assert.True(row.Price > 0));
    }

    [Fact]
    public void EveryTypeOccurs_AndSomeBuyWithoutACart()
    {
        Assert.InRange(Share(row => row.Type == "view"), 0.6, 0.95);
        Assert.InRange(Share(row => row.Type == "cart"), 0.05, 0.2);
        Assert.InRange(Share(row => row.Type == "remove_from_cart"), 0.005, 0.1);
        HashSet<(string, string)> carted =
        [
            .. _rows.Where(row => row.Type == "cart").Select(row => (row.Session, row.Product)),
        ];
        List<GeneratedRow> bought = [.. _rows.Where(row => row.Type == "purchase")];
        Assert.InRange(
            bought.Count(row => !carted.Contains((row.Session, row.Product))) / (double)bought.Count,
            0.05,
            0.4
        );
    }

    [Fact]
    public void Popularity_IsSkewedAndDrifts()
    {
        List<string> early = Top(_rows.Take(_rows.Count / 3));
        List<string> late = Top(_rows.Skip(_rows.Count * 2 / 3));
        int products = _rows.Select(row => row.Product).Distinct().Count();
        Assert.True(Share(row => early.Contains(row.Product)) > 5.0 * early.Count / products);
        Assert.InRange(early.Intersect(late, StringComparer.Ordinal).Count(), 5, 45);
    }

    [Fact]
    public void Visitors_KeepToTheirCategories()
    {
        double same = SameCategoryShare(_rows.GroupBy(row => row.User));
        double byChance = _rows
            .CountBy(row => row.MadeCategory)
            .Sum(category => Math.Pow(category.Value / (double)_rows.Count, 2));
        Assert.True(same > 4 * byChance, $"{same} against {byChance} by chance");
    }

    [Fact]
    public void DearProducts_AreBoughtLess_AndActiveVisitorsBuyMore()
    {
        Dictionary<string, double> middle = _rows
            .GroupBy(row => row.MadeCategory)
            .ToDictionary(c => c.Key, c => c.Average(row => Math.Log(row.Price)), StringComparer.Ordinal);
        List<(bool Bought, bool Dear, bool Active)> carts = Carts(row =>
            Math.Log(row.Price) > middle[row.MadeCategory]
        );
        Assert.InRange(carts.Count(cart => cart.Bought) / (double)carts.Count, 0.25, 0.55);
        Assert.True(Rate(carts.Where(cart => !cart.Dear)) > 1.2 * Rate(carts.Where(cart => cart.Dear)));
        Assert.True(Rate(carts.Where(cart => cart.Active)) > 1.3 * Rate(carts.Where(cart => !cart.Active)));
    }

    private List<(bool Bought, bool Dear, bool Active)> Carts(Func<GeneratedRow, bool> dear)
    {
        HashSet<(string, string)> bought =
        [
            .. _rows.Where(row => row.Type == "purchase").Select(row => (row.Session, row.Product)),
        ];
        Dictionary<string, int> activity = new(StringComparer.Ordinal);
        List<(bool, bool, bool)> carts = [];
        foreach (GeneratedRow row in _rows)
        {
            int count = activity[row.Session] = activity.GetValueOrDefault(row.Session) + 1;
            if (row.Type == "cart")
            {
                carts.Add((bought.Contains((row.Session, row.Product)), dear(row), count > 5));
            }
        }

        return carts;
    }

    private static double SameCategoryShare(IEnumerable<IGrouping<string, GeneratedRow>> users)
    {
        var pairs = users
            .Select(user => user.Select(row => row.MadeCategory).ToList())
            .Where(user => user.Count > 9)
            .Select(user => user[0] == user[^1])
            .ToList();
        return pairs.Count(same => same) / (double)pairs.Count;
    }

    private static double Rate(IEnumerable<(bool Bought, bool, bool)> carts) =>
        carts.Average(cart => cart.Bought ? 1.0 : 0.0);

    private static List<string> Top(IEnumerable<GeneratedRow> rows) =>
        [.. rows.CountBy(row => row.Product).OrderByDescending(p => p.Value).Take(50).Select(p => p.Key)];

    private double Share(Func<GeneratedRow, bool> condition) => _rows.Count(condition) / (double)_rows.Count;

    public sealed class Events
    {
        public Events()
        {
            using GeneratedFiles files = new();
            Rows = [.. File.ReadLines(files.Generate(100_000, 11)).Skip(1).Select(GeneratedRow.Parse)];
        }

        internal List<GeneratedRow> Rows { get; }
    }
}
