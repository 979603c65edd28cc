using Fecom.Learning.Views;

namespace Fecom.Features.ExportFeatures;

/// <summary>Finished rows that are written at once; one is filled while another is written, so two are in memory, some 2 MiB each with all views: they stay in a processor's cache.</summary>
/// <param name="columns">How many features a row has.</param>
internal sealed class FeatureGroup(int columns)
{
    private const int Rows = 256;

    private readonly EntityRow[] _rows = new EntityRow[Rows];
    private readonly int[] _numbers = new int[Rows];
    private readonly FeatureValue[] _values = new FeatureValue[Rows * columns];

    /// <summary>Rows that it has.</summary>
    public int Count { get; private set; }

    /// <summary>Rows that it still takes.</summary>
    public int Room => Rows - Count;

    /// <summary>Of each row its place in the file of entities, from 1.</summary>
    public ReadOnlyMemory<int> Numbers => _numbers.AsMemory(0, Count);

    /// <summary>A row's entities and time.</summary>
    public ref readonly EntityRow Row(int row) => ref _rows[row];

    /// <summary>A row's features.</summary>
    public ReadOnlySpan<FeatureValue> Values(int row) => _values.AsSpan(row * columns, columns);

    /// <summary>Takes a row.</summary>
    public void Add(int number, in EntityRow row, ReadOnlySpan<FeatureValue> values)
    {
        _numbers[Count] = number;
        _rows[Count] = row;
        values.CopyTo(_values.AsSpan(Count++ * columns));
    }

    public void Clear() => Count = 0;
}
