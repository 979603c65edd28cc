using Fecom.Learning.Views;
using Parquet;
using Parquet.Schema;

namespace Fecom.Features.ExportFeatures;

/// <summary>A column's values of the row group that is being filled.</summary>
/// <param name="rows">Rows of a full group.</param>
internal abstract class ParquetColumn(int rows)
{
    /// <summary>Of each row whether it has a value, as Parquet's definition levels say it.</summary>
    private readonly int[] _levels = new int[rows];
    private int _rows;

    /// <summary>Of each row so far whether it has a value.</summary>
    protected ReadOnlyMemory<int> Levels => _levels.AsMemory(0, _rows);

    /// <summary>Takes the next row's value.</summary>
    public void Add(in FeatureValue value) => _levels[_rows++] = TryTake(value) ? 1 : 0;

    /// <summary>Writes the column; it is empty then.</summary>
    public async Task WriteAsync(ParquetRowGroupWriter group, DataField field, CancellationToken cancellationToken)
    {
        await WriteValuesAsync(group, field, cancellationToken);
        _rows = 0;
    }

    /// <summary>Takes a value behind those that it has.</summary>
    /// <returns>False when there is none.</returns>
    protected abstract bool TryTake(in FeatureValue value);

    /// <summary>Writes the values, and forgets them.</summary>
    protected abstract Task WriteValuesAsync(
        ParquetRowGroupWriter group,
        DataField field,
        CancellationToken cancellationToken
    );
}

/// <summary>Values of one type.</summary>
/// <typeparam name="T">The type that the Parquet writer takes.</typeparam>
/// <param name="rows">Rows of a full group.</param>
/// <param name="of">The value; null when there is none.</param>
internal sealed class ParquetValues<T>(int rows, Func<FeatureValue, T?> of) : ParquetColumn(rows)
    where T : struct
{
    private readonly T[] _values = new T[rows];
    private int _count;

    /// <inheritdoc/>
    protected override bool TryTake(in FeatureValue value)
    {
        if (of(value) is not { } known)
        {
            return false;
        }

        _values[_count++] = known;
        return true;
    }

    /// <inheritdoc/>
    protected override Task WriteValuesAsync(
        ParquetRowGroupWriter group,
        DataField field,
        CancellationToken cancellationToken
    )
    {
        ReadOnlyMemory<T> values = _values.AsMemory(0, _count);
        _count = 0;
        return group.WriteAllPartsAsync(field, values, Levels, null, cancellationToken);
    }
}
