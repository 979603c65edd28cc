using Fecom.Contracts;
using Parquet;
using Parquet.Schema;

namespace Fecom.Warehouse.Lake;

/// <summary>Writes events to a file, a row group at a time.</summary>
internal sealed class EventFileWriter : IAsyncDisposable
{
    private readonly FileStream _stream;
    private readonly ParquetWriter _parquet;
    private readonly List<BehaviorEvent> _rows = [];

    private EventFileWriter(FileStream stream, ParquetWriter parquet) => (_stream, _parquet) = (stream, parquet);

    /// <summary>Rows so far.</summary>
    public long Count { get; private set; }

    public static async Task<EventFileWriter> CreateAsync(string file, CancellationToken cancellationToken)
    {
        FileStream stream = File.Create(file);
        try
        {
            return new EventFileWriter(
                stream,
                await ParquetWriter.CreateAsync(
                    new ParquetSchema(LakeColumns.Fields),
                    stream,
                    LakeColumns.Options,
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

    public async Task AddAsync(BehaviorEvent row)
    {
        _rows.Add(row);
        Count++;
        if (_rows.Count == LakeColumns.GroupRows)
        {
            await FlushAsync();
        }
    }

    /// <summary>Writes the last group.</summary>
    public Task CompleteAsync() => _rows.Count > 0 ? FlushAsync() : Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _parquet.DisposeAsync();
        await _stream.DisposeAsync();
    }

    private async Task FlushAsync()
    {
        DataField[] fields = LakeColumns.Fields;
        using (ParquetRowGroupWriter group = _parquet.CreateRowGroup())
        {
            await WriteAsync(group, fields[0], row => row.EventTime);
            await WriteAsync(group, fields[1], row => row.ReceivedAt);
            await WriteAsync(group, fields[2], row => row.ValidatedAt);
            await WriteAsync(group, fields[3], row => row.EventId);
            await WriteAsync(group, fields[4], row => row.Position);
            await WriteAsync(group, fields[5], row => row.EventType.Name());
            await WriteAsync(group, fields[6], row => row.ProductId);
            await WriteAsync(group, fields[7], row => row.CategoryId);
            await WriteAsync(group, fields[8], row => row.CategoryCode);
            await WriteAsync(group, fields[9], row => row.Brand);
            await WriteAsync(group, fields[10], row => Rounded(row.Price));
            await WriteAsync(group, fields[11], row => Exact(row.Price));
            await WriteAsync(group, fields[12], row => row.UserId);
            await WriteAsync(group, fields[13], row => row.UserSession);
            await WriteAsync(group, fields[14], row => row.Source);
            await WriteAsync(group, fields[15], row => row.Late);
            group.CompleteValidate();
        }

        _rows.Clear();
    }

    private Task WriteAsync<T>(ParquetRowGroupWriter group, DataField field, Func<BehaviorEvent, T> value)
        where T : struct => group.WriteAsync<T>(field, _rows.Select(value).ToArray().AsMemory());

    private Task WriteAsync(ParquetRowGroupWriter group, DataField field, Func<BehaviorEvent, string?> value) =>
        group.WriteAsync(field, _rows.Select(value).ToArray()!);

    private static decimal Rounded(decimal price) => decimal.Round(price, LakeColumns.PriceScale);

    private static string? Exact(decimal price) =>
        Rounded(price) == price ? null : price.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
