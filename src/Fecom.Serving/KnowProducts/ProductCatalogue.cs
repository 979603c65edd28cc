using System.Collections.Concurrent;
using Fecom.Learning.Merchandising;
using Fecom.Learning.Recommend;
using Microsoft.Extensions.Logging;

namespace Fecom.Serving.KnowProducts;

/// <summary>Category, brand and price of products as the events stated last, in memory: rules go by them at each request. Takes a bounded number of products.</summary>
/// <param name="capacity">The maximum number of products.</param>
/// <param name="logger">Hears once that it is full.</param>
internal sealed partial class ProductCatalogue(int capacity, ILogger<ProductCatalogue> logger)
{
    private readonly ConcurrentDictionary<ProductKey, (string Id, DescribedProduct Product)> _products = new();

    /// <summary>Categories and brands: as many as products at most.</summary>
    private readonly ConcurrentDictionary<string, string> _texts = new(StringComparer.Ordinal);
    private int _textCount;

    /// <summary>Counted here: the dictionary takes all its locks to count.</summary>
    private int _count;
    private int _isFull;

    private readonly Lock _changing = new();
    private readonly HashSet<string> _changed = new(StringComparer.Ordinal);

    /// <summary>All products, as they are while they are read.</summary>
    public IEnumerable<(string Id, DescribedProduct Product)> Products => _products.Select(product => product.Value);

    /// <summary>What is known of a product; null when nothing is.</summary>
    public DescribedProduct? Find(string productId) =>
        _products.TryGetValue(ProductKey.Of(productId), out (string Id, DescribedProduct Product) known)
            ? known.Product
            : null;

    /// <summary>Takes in what an event states of a product; what is left out stays as it was. Writes only what is new: nearly every event says what the one before it did.</summary>
    public void Add(string productId, in ProductFacts stated)
    {
        ProductKey key = ProductKey.Of(productId);
        if (_products.TryGetValue(key, out (string Id, DescribedProduct Product) product))
        {
            ProductFacts known = product.Product.Facts;
            ProductFacts merged = new(
                stated.Category == default ? known.Category : stated.Category,
                string.IsNullOrEmpty(stated.Brand) ? known.Brand : stated.Brand,
                stated.Price ?? known.Price
            );
            if (merged != known)
            {
                _products[key] = (product.Id, Described(merged));
                Change(known.Category);
                Change(merged.Category);
            }
        }
        else if (Volatile.Read(ref _count) >= capacity)
        {
            if (Interlocked.Exchange(ref _isFull, 1) == 0)
            {
                LogFull(capacity);
            }
        }
        else if (_products.TryAdd(key, (productId, Described(stated))))
        {
            Interlocked.Increment(ref _count);
            Change(stated.Category);
        }
    }

    /// <summary>Moves the categories, by <see cref="ContentIndex.KeyOf"/>, of which a product has come, gone or changed since the last time.</summary>
    /// <param name="changed">They are added here.</param>
    public void TakeChanged(HashSet<string> changed)
    {
        lock (_changing)
        {
            changed.UnionWith(_changed);
            _changed.Clear();
        }
    }

    /// <summary>Called once the product is as it is now: whoever takes the change sees it.</summary>
    private void Change(in Category category)
    {
        if (ContentIndex.KeyOf(category) is { } key)
        {
            lock (_changing)
            {
                _changed.Add(key);
            }
        }
    }

    private DescribedProduct Described(in ProductFacts facts) =>
        new(
            new ProductFacts(
                new Category(Shared(facts.Category.Id), Shared(facts.Category.Path)),
                string.IsNullOrEmpty(facts.Brand) ? null : Shared(facts.Brand),
                facts.Price
            )
        );

    /// <summary>One string for products of the same category or brand: they take less memory, and are seen to be the same without a look at their characters.</summary>
    private string? Shared(string? text)
    {
        if (text is null)
        {
            return null;
        }

        if (_texts.TryGetValue(text, out string? known))
        {
            return known;
        }

        if (Interlocked.Increment(ref _textCount) > capacity)
        {
            Interlocked.Decrement(ref _textCount);
            return text;
        }

        return _texts.GetOrAdd(text, text);
    }

    [LoggerMessage(
        LogLevel.Warning,
        "Brands and prices are known of {Capacity} products, and no more are taken in: rules by brand or price do not match others. Serving:CatalogueProducts is the limit"
    )]
    private partial void LogFull(int capacity);
}
