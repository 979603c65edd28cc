namespace Fecom.Ingestion.Generators.Shared;

/// <summary>What the shop sells on a day, and what is popular. The range grows day by day.</summary>
internal sealed class Shop
{
    private const int FirstRange = 1_500;
    private const int NewProductsADay = 250;

    private readonly long _seed;
    private readonly IReadOnlyList<MadeCategory> _categories;
    private readonly WeightedChoice _byWeight;
    private readonly List<Product>[] _shelves;
    private readonly WeightedChoice[] _popular;
    private int _products;
    private int _day = -1;

    public Shop(long seed)
    {
        _seed = seed;
        _categories = MadeCategory.All(seed);
        _byWeight = new WeightedChoice([.. _categories.Select(category => category.Weight)]);
        _shelves = [.. _categories.Select(_ => new List<Product>())];
        _popular = new WeightedChoice[_categories.Count];
    }

    /// <summary>Brings the range and what is popular to <paramref name="day"/>; days only go forward.</summary>
    public void OpenDay(int day)
    {
        if (day == _day)
        {
            return;
        }

        _day = day;
        Stock(FirstRange + (NewProductsADay * day));
        for (int category = 0; category < _shelves.Length; category++)
        {
            _popular[category] = new WeightedChoice([.. _shelves[category].Select(product => product.Popularity(day))]);
        }
    }

    /// <summary>A category, by the interest in it.</summary>
    public int AnyCategory(ref Dice dice) => _byWeight.Draw(ref dice);

    /// <summary>A product of the category, by its popularity today.</summary>
    public Product Popular(int category, ref Dice dice) => _shelves[category][_popular[category].Draw(ref dice)];

    /// <summary>One of the few neighbours of <paramref name="product"/>: a visitor who views one views the others.</summary>
    public Product Beside(Product product, ref Dice dice)
    {
        List<Product> shelf = _shelves[product.MadeCategory];
        int group = product.Place / 4 * 4;
        return shelf[group + dice.Below(Math.Min(4, shelf.Count - group))];
    }

    /// <summary>Today's price in hundredths: one product in twelve is on sale.</summary>
    public long PriceToday(Product product)
    {
        Dice dice = Dice.Of(_seed, DiceOf.Day, (product.Id * 4_096) + _day);
        return dice.Hits(1.0 / 12) ? product.PriceCents * 8 / 10 : product.PriceCents;
    }

    private void Stock(int count)
    {
        for (; _products < count; _products++)
        {
            // Every category has something from the first day.
            Dice dice = Dice.Of(_seed, DiceOf.MadeCategory, 1_000_000 + _products);
            int category = _products < _categories.Count ? _products : _byWeight.Draw(ref dice);
            double launchDay = _products < FirstRange ? -365 * dice.Unit() : _day;
            _shelves[category]
                .Add(
                    new Product(
                        _seed,
                        _products,
                        _categories[category],
                        (category, _shelves[category].Count),
                        launchDay
                    )
                );
        }
    }
}
