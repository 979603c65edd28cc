using System.Runtime.InteropServices;
using Fecom.Learning.Artifacts;

namespace Fecom.Learning.Recommend;

/// <summary>Numbers products from 0 and remembers their categories.</summary>
public sealed class ProductTable
{
    private readonly Dictionary<string, int> _numbers;
    private readonly List<string> _ids;
    private readonly List<Category> _categories;

    /// <summary>An empty table.</summary>
    public ProductTable()
    {
        _numbers = [];
        _ids = [];
        _categories = [];
    }

    /// <summary>How many products there are.</summary>
    public int Count => _ids.Count;

    /// <summary>The id of a product.</summary>
    public string IdOf(int product) => _ids[product];

    /// <summary>The newest category that was said of a product.</summary>
    public Category CategoryOf(int product) => _categories[product];

    /// <summary>The number of a product, or -1.</summary>
    public int Find(string productId) => _numbers.GetValueOrDefault(productId, -1);

    /// <summary>The number of a product, a new one if need be.</summary>
    public int Number(string productId)
    {
        ref int number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numbers, productId, out bool isKnown);
        if (!isKnown)
        {
            number = _ids.Count;
            _ids.Add(productId);
            _categories.Add(default);
        }

        return number;
    }

    /// <summary>Remembers a product's category.</summary>
    public void Describe(int product, Category category) => _categories[product] = category;

    /// <summary>Ids, the distinct categories, and each product's category by number; every text with its length before it, so any text is held.</summary>
    internal byte[] ToBytes()
    {
        ArtifactWriter bytes = new();
        Dictionary<Category, int> numbers = [];
        List<Category> distinct = [];
        int[] ofProducts = new int[_categories.Count];
        for (int i = 0; i < ofProducts.Length; i++)
        {
            ref int number = ref CollectionsMarshal.GetValueRefOrAddDefault(numbers, _categories[i], out bool isKnown);
            if (!isKnown)
            {
                number = distinct.Count;
                distinct.Add(_categories[i]);
            }

            ofProducts[i] = number;
        }

        bytes.Write(_ids.Count);
        _ids.ForEach(bytes.Write);
        bytes.Write(distinct.Count);
        foreach (Category category in distinct)
        {
            bytes.Write(category.Id);
            bytes.Write(category.Path);
        }

        Array.ForEach(ofProducts, bytes.Write);
        return bytes.ToArray();
    }

    /// <exception cref="InvalidDataException">The bytes are cut, name a category that is not there, or a product twice.</exception>
    internal static ProductTable FromBytes(ReadOnlySpan<byte> bytes)
    {
        ProductTable table = new();
        ArtifactReader reader = new(bytes);
        int products = reader.ReadCount();
        for (int i = 0; i < products; i++)
        {
            if (reader.ReadText() is not { } id || table.Number(id) != i)
            {
                throw new InvalidDataException($"Product {i} has no id, or one that was there before.");
            }
        }

        Category[] categories = new Category[reader.ReadCount()];
        for (int i = 0; i < categories.Length; i++)
        {
            categories[i] = new Category(reader.ReadText(), reader.ReadText());
        }

        for (int i = 0; i < products; i++)
        {
            int category = reader.ReadCount();
            table.Describe(
                i,
                category < categories.Length
                    ? categories[category]
                    : throw new InvalidDataException($"Product {i} has a category that is not there.")
            );
        }

        return table;
    }
}
