namespace Fecom.Ingestion.Generators.Shared;

/// <summary>Draws an index in proportion to its weight in constant time (Walker's alias method).</summary>
internal sealed class WeightedChoice
{
    private readonly double[] _own;
    private readonly int[] _alias;

    public WeightedChoice(IReadOnlyList<double> weights)
    {
        int count = weights.Count;
        double mean = weights.Sum() / count;
        (_own, _alias) = ([.. weights.Select(weight => weight / mean)], new int[count]);
        Stack<int> small = new(Enumerable.Range(0, count).Where(i => _own[i] < 1));
        Stack<int> large = new(Enumerable.Range(0, count).Where(i => _own[i] >= 1));
        while (small.Count > 0 && large.Count > 0)
        {
            int poor = small.Pop();
            int rich = large.Peek();
            _alias[poor] = rich;
            _own[rich] -= 1 - _own[poor];
            if (_own[rich] < 1)
            {
                small.Push(large.Pop());
            }
        }

        foreach (int left in small.Concat(large))
        {
            _own[left] = 1;
        }
    }

    public int Draw(ref Dice dice)
    {
        int index = dice.Below(_own.Length);
        return dice.Unit() < _own[index] ? index : _alias[index];
    }
}
