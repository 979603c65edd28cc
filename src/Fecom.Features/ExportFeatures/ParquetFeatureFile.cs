using Fecom.Learning.Views;
using Parquet;
using Parquet.Schema;

namespace Fecom.Features.ExportFeatures;

/// <summary>Rows as Parquet, a row group at a time: whole numbers as int64, numbers as double, times in microseconds UTC, a list of texts as a JSON array.</summary>
internal sealed class ParquetFeatureFile : IFeatureFile
{
    /// <summary>Rows of a row group, all of which are in memory at once: some 30 MiB with all views.</summary>
    private const int GroupRows = 10_000;

    private static readonly ParquetOptions Options = new()
    {
        CompressionMethod = CompressionMethod.Zstd,
        CompressionLevel = System.IO.Compression.CompressionLevel.Fastest,
    };

    private readonly FileStream _stream;
    private readonly ParquetWriter _parquet;
    private readonly IReadOnlyList<HistoricalColumn> _columns;
    private readonly DataField[] _fields;
    private readonly EntityRow[] _rows = new EntityRow[GroupRows];
    private readonly int[] _numbers = new int[GroupRows];
    private readonly FeatureValue[] _values;
    private int _count;

    private ParquetFeatureFile(
        FileStream stream,
        ParquetWriter parquet,
        IReadOnlyList<HistoricalColumn> columns,
        DataField[] fields
    )
    {
        (_stream, _parquet, _columns, _fields) = (stream, parquet, columns, fields);
        _values = new FeatureValue[GroupRows * columns.Count];
    }

    public int Room => GroupRows - _count;

    public static async Task<ParquetFeatureFile> CreateAsync(
        string path,
        IReadOnlyList<HistoricalColumn> columns,
        CancellationToken cancellationToken
    )
    {
        DataField[] fields =
        [
            new(EntityColumns.Moment[0], typeof(int), isNullable: false),
            Time(EntityColumns.Moment[1], isNullable: false),
            .. EntityColumns.Keys.Select(Text),
            .. columns.Select(FieldOf),
        ];
        FileStream stream = File.Create(path);
        try
        {
            ParquetSchema schema = new(fields);
            ParquetWriter parquet = await ParquetWriter.CreateAsync(
                schema,
                stream,
                Options,
                append: false,
                cancellationToken
            );
            return new ParquetFeatureFile(stream, parquet, columns, fields);
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    public void Add(int number, in EntityRow row, ReadOnlySpan<FeatureValue> values)
    {
        _numbers[_count] = number;
        _rows[_count] = row;
        values.CopyTo(_values.AsSpan(_count++ * _columns.Count));
    }

    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (_count == 0)
        {
            return;
        }

        using (ParquetRowGroupWriter group = _parquet.CreateRowGroup())
        {
            await group.WriteAsync<int>(_fields[0], _numbers.AsMemory(0, _count), cancellationToken: cancellationToken);
            await group.WriteAsync<DateTime>(
                _fields[1],
                Rows(row => row.At).AsMemory(),
                cancellationToken: cancellationToken
            );
            for (int key = 0; key < EntityColumns.Keys.Length; key++)
            {
                await group.WriteAsync(_fields[2 + key], Rows(row => EntityColumns.Of(row.Keys)[key])!);
            }

            int before = _fields.Length - _columns.Count;
            for (int column = 0; column < _columns.Count; column++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await WriteAsync(group, _fields[before + column], column);
            }

            group.CompleteValidate();
        }

        _count = 0;
    }

    public async ValueTask DisposeAsync()
    {
        await _parquet.DisposeAsync();
        await _stream.DisposeAsync();
    }

    private static DataField FieldOf(HistoricalColumn column) =>
        column.Feature.Type switch
        {
            FeatureType.Integer => new DataField(column.Name, typeof(long), isNullable: true),
            FeatureType.Number => new DataField(column.Name, typeof(double), isNullable: true),
            FeatureType.Timestamp => Time(column.Name, isNullable: true),
            _ => Text(column.Name),
        };

    private static DateTimeDataField Time(string name, bool isNullable) =>
        new(
            name,
            DateTimeFormat.Timestamp,
            isAdjustedToUTC: true,
            unit: DateTimeTimeUnit.Micros,
            isNullable: isNullable
        );

    private static DataField Text(string name) => new(name, typeof(string), isNullable: true);

    private Task WriteAsync(ParquetRowGroupWriter group, DataField field, int column) =>
        _columns[column].Feature.Type switch
        {
            FeatureType.Integer => group.WriteAsync<long>(field, Values(column, value => value.ToInteger()).AsMemory()),
            FeatureType.Number => group.WriteAsync<double>(
                field,
                Values(column, value => value.ToDouble() is var number && double.IsNaN(number) ? null : (double?)number)
                    .AsMemory()
            ),
            FeatureType.Timestamp => group.WriteAsync<DateTime>(
                field,
                Values(column, value => value.ToTime()).AsMemory()
            ),
            _ => group.WriteAsync(
                field,
                Values(column, value => value.IsMissing ? null : CsvFeatureFile.TextOf(value))!
            ),
        };

    private T[] Rows<T>(Func<EntityRow, T> of)
    {
        T[] column = new T[_count];
        for (int i = 0; i < column.Length; i++)
        {
            column[i] = of(_rows[i]);
        }

        return column;
    }

    private T[] Values<T>(int column, Func<FeatureValue, T> of)
    {
        T[] values = new T[_count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = of(_values[(i * _columns.Count) + column]);
        }

        return values;
    }
}
