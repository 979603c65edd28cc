using System.Buffers;
using System.Numerics;

namespace Fecom.Learning.Recommend;

/// <summary>Sums scores by product for one question, in rented arrays; remembers who spoke loudest for each.</summary>
internal ref struct ScoreBoard
{
    private const int Empty = -1;

    private readonly int[] _products;
    private readonly int[] _speakers;
    private readonly int[] _order;
    private readonly float[] _scores;
    private readonly float[] _loudest;
    private readonly int _size;

    /// <param name="max">The most products that will be added.</param>
    public ScoreBoard(int max)
    {
        _size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, max * 2));
        _products = ArrayPool<int>.Shared.Rent(_size);
        _speakers = ArrayPool<int>.Shared.Rent(_size);
        _order = ArrayPool<int>.Shared.Rent(_size);
        _scores = ArrayPool<float>.Shared.Rent(_size);
        _loudest = ArrayPool<float>.Shared.Rent(_size);
        Array.Fill(_products, Empty, 0, _size);
    }

    /// <summary>Products ranked by <see cref="Rank"/>.</summary>
    public int Count { get; private set; }

    public readonly void Add(int product, float score, int speaker)
    {
        int place = (int)((uint)product * 0x9E37_79B1u >> 8) & (_size - 1);
        while (_products[place] != Empty && _products[place] != product)
        {
            place = (place + 1) & (_size - 1);
        }

        if (_products[place] == Empty)
        {
            (_products[place], _scores[place], _loudest[place], _speakers[place]) = (product, score, score, speaker);
            return;
        }

        _scores[place] += score;
        if (score > _loudest[place])
        {
            (_loudest[place], _speakers[place]) = (score, speaker);
        }
    }

    /// <summary>Sorts what was added, best first.</summary>
    public void Rank()
    {
        for (int place = 0; place < _size; place++)
        {
            if (_products[place] != Empty)
            {
                _loudest[Count] = -_scores[place];
                _order[Count] = place;
                Count++;
            }
        }

        Array.Sort(_loudest, _order, 0, Count);
    }

    public readonly (int Product, float Score, int Speaker) At(int rank)
    {
        int place = _order[rank];
        return (_products[place], _scores[place], _speakers[place]);
    }

    public readonly void Dispose()
    {
        ArrayPool<int>.Shared.Return(_products);
        ArrayPool<int>.Shared.Return(_speakers);
        ArrayPool<int>.Shared.Return(_order);
        ArrayPool<float>.Shared.Return(_scores);
        ArrayPool<float>.Shared.Return(_loudest);
    }
}
