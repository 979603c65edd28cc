using System.Runtime.InteropServices;
using System.Text;

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

    /// <summary>Ids and categories, a product a line, split by the unit separator, which no id holds.</summary>
    internal byte[] ToBytes()
    {
        StringBuilder text = new();
        for (int i = 0; i < _ids.Count; i++)
        {
            text.Append(_ids[i]).Append('\u001f').Append(_categories[i].Id).Append('\u001f').Append(_categories[i].Path).Append('\n');
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    internal static ProductTable FromBytes(ReadOnlySpan<byte> bytes)
    {
        ProductTable table = new();
        string text = Encoding.UTF8.GetString(bytes);
        Dictionary<string, string> known = [];
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            if (!line.IsEmpty)
            {
                string[] parts = line.ToString().Split('\u001f');
                table.Describe(table.Number(parts[0]), new Category(Share(known, parts[1]), Share(known, parts[2])));
            }
        }

        return table;
    }

    private static string? Share(Dictionary<string, string> known, string text)
    {
        if (text.Length == 0)
        {
            return null;
        }

        ref string? shared = ref CollectionsMarshal.GetValueRefOrAddDefault(known, text, out _);
        return shared ??= text;
    }
}

/// <summary>Where a product belongs.</summary>
/// <param name="Id">Category id; null when the shop did not say.</param>
/// <param name="Path">Dotted path of two levels at most; null when the shop did not say.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Category(string? Id, string? Path)
{
    /// <summary>True when <paramref name="wanted"/> is the category's id, its path, or a level above it.</summary>
    public bool IsIn(string wanted) =>
        Id == wanted
        || (
            Path is not null
            && Path.StartsWith(wanted, StringComparison.Ordinal)
            && (Path.Length == wanted.Length || Path[wanted.Length] == '.')
        );
}
