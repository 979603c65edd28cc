using System.IO.Compression;
using Npgsql;
using Parquet;
using Parquet.Schema;

namespace Fecom.Warehouse.PublishGold;

/// <summary>Writes a table's rows to a Parquet file, a row group at a time.</summary>
internal sealed class StageFileWriter : IAsyncDisposable
{
    /// <summary>Rows of a row group, all of which are in memory at once.</summary>
    private const int GroupRows = 50_000;

    private static readonly ParquetOptions Options = new()
    {
        CompressionMethod = CompressionMethod.Zstd,
        CompressionLevel = CompressionLevel.Fastest,
    };

    private readonly CloudTable _table;
    private readonly DataField[] _fields;
    private readonly List<object?>[] _values;
    private readonly FileStream _stream;
    private readonly ParquetWriter _parquet;

    private StageFileWriter(CloudTable table, DataField[] fields, FileStream stream, ParquetWriter parquet)
    {
        (_table, _fields, _stream, _parquet) = (table, fields, stream, parquet);
        _values = [.. fields.Select(_ => new List<object?>())];
    }

    /// <summary>Rows so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Of them, rows that were deleted.</summary>
    public long Deletions { get; private set; }

    public static async Task<StageFileWriter> CreateAsync(
        CloudTable table,
        string file,
        CancellationToken cancellationToken
    )
    {
        DataField[] fields =
        [
            .. table.Columns.Select(column => column.Field()),
            new(CloudTable.Deleted, typeof(bool), isNullable: true),
        ];
        FileStream stream = File.Create(file);
        try
        {
            return new StageFileWriter(
                table,
                fields,
                stream,
                await ParquetWriter.CreateAsync(
                    new ParquetSchema(fields),
                    stream,
                    Options,
                    append: false,
                    cancellationToken
                )
            );
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    /// <summary>Adds the row at which a reader stands: the table's columns, and whether it was deleted.</summary>
    public async Task AddAsync(NpgsqlDataReader row)
    {
        for (int i = 0; i < _table.Columns.Count; i++)
        {
            _values[i].Add(_table.Read(row, i));
        }

        bool deleted = row.GetBoolean(_table.Columns.Count);
        _values[^1].Add(deleted);
        Rows++;
        Deletions += deleted ? 1 : 0;
        if (_values[^1].Count == GroupRows)
        {
            await FlushAsync();
        }
    }

    /// <summary>Writes the last group.</summary>
    public Task CompleteAsync() => _values[^1].Count > 0 ? FlushAsync() : Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _parquet.DisposeAsync();
        await _stream.DisposeAsync();
    }

    private async Task FlushAsync()
    {
        using (ParquetRowGroupWriter group = _parquet.CreateRowGroup())
        {
            for (int i = 0; i < _fields.Length; i++)
            {
                CloudKind kind = i < _table.Columns.Count ? _table.Columns[i].Kind : CloudKind.Boolean;
                await WriteAsync(group, _fields[i], kind, _values[i]);
                _values[i].Clear();
            }

            group.CompleteValidate();
        }
    }

    private static Task WriteAsync(
        ParquetRowGroupWriter group,
        DataField field,
        CloudKind kind,
        List<object?> values
    ) =>
        kind switch
        {
            CloudKind.Boolean => WriteAsync<bool>(group, field, values),
            CloudKind.SmallInteger or CloudKind.Integer => WriteAsync<int>(group, field, values),
            CloudKind.BigInteger => WriteAsync<long>(group, field, values),
            CloudKind.Numeric => WriteAsync<decimal>(group, field, values),
            CloudKind.Double => WriteAsync<double>(group, field, values),
            CloudKind.Date or CloudKind.Timestamp or CloudKind.LocalTimestamp => WriteAsync<DateTime>(
                group,
                field,
                values
            ),
            _ => group.WriteAsync(field, values.ConvertAll(value => (string?)value)!),
        };

    private static Task WriteAsync<T>(ParquetRowGroupWriter group, DataField field, List<object?> values)
        where T : struct => group.WriteAsync<T>(field, values.ConvertAll(value => (T?)value).ToArray().AsMemory());
}
