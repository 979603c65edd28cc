using System.Runtime.CompilerServices;

namespace Fecom.Learning.NextItem;

/// <summary>Scores of the products that the sources name for one session: a row a product, a column a <see cref="CandidateSignal"/>. For one thread.</summary>
/// <remarks>Memory: 4 bytes a product of the shop, and 68 a product named.</remarks>
internal sealed class ScoreTable(int products)
{
    /// <summary>Columns: a row is one cache line.</summary>
    public const int Width = 16;

    private int[] _rowOf = new int[products];
    private int[] _products = new int[4_096];
    private float[] _scores = new float[4_096 * Width];

    /// <summary>Products named.</summary>
    public int Count { get; private set; }

    public ReadOnlySpan<int> Products => _products.AsSpan(0, Count);

    /// <summary>All scores, row after row.</summary>
    public Span<float> Scores => _scores.AsSpan(0, Count * Width);

    /// <summary>The scores of a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<float> Row(int row) => _scores.AsSpan(row * Width, Width);

    /// <summary>The score of a product by one signal; in a new row if need be.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref float Score(int product, CandidateSignal signal) => ref _scores[(RowOf(product) * Width) + (int)signal];

    /// <summary>The row of a product, or -1.</summary>
    public int Find(int product) => _rowOf[product] - 1;

    /// <summary>The row of a product; a new one if need be.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int RowOf(int product)
    {
        int row = _rowOf[product];
        return (row == 0 ? Append(product) : row) - 1;
    }

    /// <summary>Forgets every product, and makes place for more of the shop.</summary>
    /// <param name="products">Products of the shop.</param>
    public void Grow(int products)
    {
        Clear();
        if (products > _rowOf.Length)
        {
            _rowOf = new int[products + (products / 16) + 1_024];
        }
    }

    /// <summary>Forgets every product.</summary>
    public void Clear()
    {
        foreach (int product in Products)
        {
            _rowOf[product] = 0;
        }

        Scores.Clear();
        Count = 0;
    }

    private int Append(int product)
    {
        if (Count == _products.Length)
        {
            Array.Resize(ref _products, Count * 2);
            Array.Resize(ref _scores, Count * 2 * Width);
        }

        _products[Count] = product;
        return _rowOf[product] = ++Count;
    }
}
