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

    /// <summary>Rows of a row group, which is in memory until it is full: some 10 bytes a feature.</summary>
    private const int GroupRows = 10_000;

    private const int BufferSize = 1 << 20;

    private readonly FileStream _stream;
    private readonly ParquetWriter _parquet;
    private readonly DataField[] _fields;
    private readonly int[] _numbers = new int[GroupRows];
    private readonly DateTime[] _times = new DateTime[GroupRows];
    private readonly ParquetColumn[] _keys = [.. EntityColumns.Keys.Select(_ => TextColumn())];
    private readonly ParquetColumn[] _columns;
    private int _count;

    private ParquetFeatureFile(
        FileStream stream,
        ParquetWriter parquet,
        IReadOnlyList<HistoricalColumn> columns,
        DataField[] fields
    )
    {
        (_stream, _parquet, _fields) = (stream, parquet, fields);
        _columns = [.. columns.Select(column => ColumnOf(column.Feature.Type))];
    }

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
        FileStream stream = new(path, FileMode.Create, FileAccess.Write, FileShare.Read, BufferSize);
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
        for (int i = 0; i < rows.Count; i++)
        {
            Add(rows.Numbers.Span[i], rows.Row(i), rows.Values(i));
            if (_count == GroupRows)
            {
                await WriteGroupAsync(cancellationToken);
            }
        }
    }

    public Task CompleteAsync(CancellationToken cancellationToken) =>
        _count > 0 ? WriteGroupAsync(cancellationToken) : Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _parquet.DisposeAsync();
        await _stream.DisposeAsync();
    }

    private void Add(int number, in EntityRow row, ReadOnlySpan<FeatureValue> values)
    {
        _numbers[_count] = number;
        _times[_count] = row.At;
        string?[] keys = EntityColumns.Of(row.Keys);
        for (int i = 0; i < keys.Length; i++)
        {
            _keys[i].Add(keys[i]);
        }

        for (int i = 0; i < values.Length; i++)
        {
            _columns[i].Add(values[i]);
        }

        _count++;
    }

    private async Task WriteGroupAsync(CancellationToken cancellationToken)
    {
        using ParquetRowGroupWriter group = _parquet.CreateRowGroup();
        await group.WriteAsync<int>(_fields[0], _numbers.AsMemory(0, _count), cancellationToken: cancellationToken);
        await group.WriteAsync<DateTime>(_fields[1], _times.AsMemory(0, _count), cancellationToken: cancellationToken);
        int field = EntityColumns.Moment.Length;
        foreach (ParquetColumn column in (ParquetColumn[])[.. _keys, .. _columns])
        {
            cancellationToken.ThrowIfCancellationRequested();
            await column.WriteAsync(group, _fields[field++], cancellationToken);
        }

        group.CompleteValidate();
        _count = 0;
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

    private static ParquetColumn ColumnOf(FeatureType type) =>
        type switch
        {
            FeatureType.Integer => new ParquetValues<long>(GroupRows, value => value.ToInteger()),
            FeatureType.Number => new ParquetValues<double>(
                GroupRows,
                value => value.ToDouble() is var number && double.IsNaN(number) ? null : number
            ),
            FeatureType.Timestamp => new ParquetValues<DateTime>(GroupRows, value => value.ToTime()),
            _ => TextColumn(),
        };

    private static ParquetValues<ReadOnlyMemory<char>> TextColumn() =>
        new(GroupRows, value => value.IsMissing ? default(ReadOnlyMemory<char>?) : TextOf(value).AsMemory());

    private static string TextOf(in FeatureValue value) => value.ToText() ?? CsvFeatureFile.TextOf(value);
}
