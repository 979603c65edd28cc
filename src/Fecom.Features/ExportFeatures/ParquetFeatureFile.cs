using Fecom.Learning.Views;
using Parquet;
using Parquet.Schema;

namespace Fecom.Features.ExportFeatures;

/// <summary>Rows as Parquet, a row group at a time: whole numbers as int64, numbers as double, times in microseconds UTC, a list of texts as a JSON array.</summary>
internal sealed class ParquetFeatureFile : IFeatureFile
{
    private static readonly ParquetOptions Options = new()
    {
        CompressionMethod = CompressionMethod.Zstd,
        CompressionLevel = System.IO.Compression.CompressionLevel.Fastest,
    };

    private readonly FileStream _stream;
    private readonly ParquetWriter _parquet;
    private readonly IReadOnlyList<HistoricalColumn> _columns;
    private readonly DataField[] _fields;

    private ParquetFeatureFile(
        FileStream stream,
        ParquetWriter parquet,
        IReadOnlyList<HistoricalColumn> columns,
        DataField[] fields
    ) => (_stream, _parquet, _columns, _fields) = (stream, parquet, columns, fields);

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

    public async Task WriteAsync(FeatureGroup rows, CancellationToken cancellationToken)
    {
        if (rows.Count == 0)
        {
            return;
        }

        using ParquetRowGroupWriter group = _parquet.CreateRowGroup();
        await group.WriteAsync<int>(_fields[0], rows.Numbers, cancellationToken: cancellationToken);
        await group.WriteAsync<DateTime>(
            _fields[1],
            Rows(rows, row => row.At).AsMemory(),
            cancellationToken: cancellationToken
        );
        for (int key = 0; key < EntityColumns.Keys.Length; key++)
        {
            await group.WriteAsync(_fields[2 + key], Rows(rows, row => EntityColumns.Of(row.Keys)[key])!);
        }

        int before = _fields.Length - _columns.Count;
        for (int column = 0; column < _columns.Count; column++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await WriteAsync(group, rows, _fields[before + column], column);
        }

        group.CompleteValidate();
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

    private Task WriteAsync(ParquetRowGroupWriter group, FeatureGroup rows, DataField field, int column) =>
        _columns[column].Feature.Type switch
        {
            FeatureType.Integer => group.WriteAsync<long>(
                field,
                Values(rows, column, value => value.ToInteger()).AsMemory()
            ),
            FeatureType.Number => group.WriteAsync<double>(
                field,
                Values(
                        rows,
                        column,
                        value => value.ToDouble() is var number && double.IsNaN(number) ? null : (double?)number
                    )
                    .AsMemory()
            ),
            FeatureType.Timestamp => group.WriteAsync<DateTime>(
                field,
                Values(rows, column, value => value.ToTime()).AsMemory()
            ),
            _ => group.WriteAsync(
                field,
                Values(rows, column, value => value.IsMissing ? null : CsvFeatureFile.TextOf(value))!
            ),
        };

    private static T[] Rows<T>(FeatureGroup rows, Func<EntityRow, T> of)
    {
        T[] column = new T[rows.Count];
        for (int i = 0; i < column.Length; i++)
        {
            column[i] = of(rows.Row(i));
        }

        return column;
    }

    private static T[] Values<T>(FeatureGroup rows, int column, Func<FeatureValue, T> of)
    {
        T[] values = new T[rows.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = of(rows.Values(i)[column]);
        }

        return values;
    }
}
