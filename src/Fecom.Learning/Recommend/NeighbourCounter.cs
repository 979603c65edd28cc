namespace Fecom.Learning.Recommend;

/// <summary>Sums weights by product for one product; keeps the heaviest when there are too many.</summary>
/// <remarks>Open addressing in two arrays: 8 bytes a place, no object an entry.</remarks>
internal sealed class NeighbourCounter
{
    private const int Empty = -1;

    private int[] _products = [Empty, Empty, Empty, Empty];
    private float[] _weights = new float[4];

    public int Count { get; private set; }

    public void Add(int product, float weight, int capacity)
    {
        int place = Find(product);
        if (_products[place] == Empty)
        {
            _products[place] = product;
            Count++;
        }

        _weights[place] += weight;
        if (Count * 4 > _products.Length * 3)
        {
            Rebuild(capacity);
        }
    }

    /// <summary>Every product with its weight, in no order.</summary>
    public int CopyTo(Span<int> products, Span<float> weights)
    {
        int count = 0;
        for (int i = 0; i < _products.Length; i++)
        {
            if (_products[i] != Empty)
            {
                (products[count], weights[count]) = (_products[i], _weights[i]);
                count++;
            }
        }

        return count;
    }

    private int Find(int product)
    {
        int mask = _products.Length - 1;
        int place = (int)((uint)product * 0x9E37_79B1u >> 8) & mask;
        while (_products[place] != Empty && _products[place] != product)
        {
            place = (place + 1) & mask;
        }

        return place;
    }

    /// <summary>Doubles the room, or drops the lightest half when the room would pass the capacity.</summary>
    private void Rebuild(int capacity)
    {
        int[] products = new int[Count];
        float[] weights = new float[Count];
        int count = CopyTo(products, weights);
        int size = _products.Length * 2;
        if (count > capacity)
        {
            Array.Sort(weights, products);
            int kept = capacity / 2;
            products = products[(count - kept)..];
            weights = weights[(count - kept)..];
            size = _products.Length;
        }

        (_products, _weights, Count) = (new int[size], new float[size], products.Length);
        Array.Fill(_products, Empty);
        for (int i = 0; i < products.Length; i++)
        {
            int place = Find(products[i]);
            (_products[place], _weights[place]) = (products[i], weights[i]);
        }
    }
}
