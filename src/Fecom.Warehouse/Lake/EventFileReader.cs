using System.Globalization;
using Fecom.Contracts;
using Parquet;
using Parquet.Schema;

namespace Fecom.Warehouse.Lake;

/// <summary>Reads the events of a file, a row group at a time.</summary>
internal static class EventFileReader
{
    /// <summary>Rows that its footer counts.</summary>
    public static async Task<long> CountAsync(string file, CancellationToken cancellationToken)
    {
        await using ParquetReader parquet = await ParquetReader.CreateAsync(file, null, cancellationToken);
        return parquet.RowGroups.Sum(group => group.RowCount);
    }

    /// <summary>Every row, in the file's order.</summary>
    public static async IAsyncEnumerable<BehaviorEvent> ReadAsync(
        string file,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        await using ParquetReader parquet = await ParquetReader.CreateAsync(file, null, cancellationToken);
        for (int i = 0; i < parquet.RowGroupCount; i++)
        {
            using ParquetRowGroupReader group = parquet.OpenRowGroupReader(i);
            Group rows = new(group, parquet.Schema, (int)group.RowCount, cancellationToken);
            DateTime[] eventTime = await rows.ValuesAsync<DateTime>("event_time");
            DateTime[] receivedAt = await rows.ValuesAsync<DateTime>("received_at");
            DateTime[] validatedAt = await rows.ValuesAsync<DateTime>("validated_at");
            Guid[] eventId = await rows.ValuesAsync<Guid>("event_id");
            long[] position = await rows.ValuesAsync<long>("position");
            string?[] eventType = await rows.TextsAsync("event_type");
            string?[] productId = await rows.TextsAsync("product_id");
            string?[] categoryId = await rows.TextsAsync("category_id");
            string?[] categoryCode = await rows.TextsAsync("category_code");
            string?[] brand = await rows.TextsAsync("brand");
            decimal[] price = await rows.ValuesAsync<decimal>("price");
            string?[] priceExact = await rows.TextsAsync("price_exact");
            string?[] userId = await rows.TextsAsync("user_id");
            string?[] userSession = await rows.TextsAsync("user_session");
            string?[] source = await rows.TextsAsync("source");
            bool[] late = await rows.ValuesAsync<bool>("late");
            for (int row = 0; row < eventTime.Length; row++)
            {
                yield return new BehaviorEvent
                {
                    EventTime = eventTime[row],
                    ReceivedAt = receivedAt[row],
                    ValidatedAt = validatedAt[row],
                    EventId = eventId[row],
                    Position = position[row],
                    EventType = Type(eventType[row]),
                    ProductId = productId[row]!,
                    CategoryId = categoryId[row],
                    CategoryCode = categoryCode[row],
                    Brand = brand[row],
                    Price = priceExact[row] is { } exact
                        ? decimal.Parse(exact, NumberStyles.Float, CultureInfo.InvariantCulture)
                        : price[row],
                    UserId = userId[row]!,
                    UserSession = userSession[row]!,
                    Source = source[row]!,
                    Late = late[row],
                };
            }
        }
    }

    private static BehaviorEventType Type(string? name) =>
        BehaviorEventTypes.TryParse(name, out BehaviorEventType type)
            ? type
            : throw new InvalidDataException($"event_type is '{name}'.");

    private sealed class Group(
        ParquetRowGroupReader group,
        ParquetSchema schema,
        int rows,
        CancellationToken cancellationToken
    )
    {
        public async Task<T[]> ValuesAsync<T>(string column)
            where T : struct
        {
            T[] values = new T[rows];
            await group.ReadAsync<T>(schema.FindDataField(column), values.AsMemory(), null, cancellationToken);
            return values;
        }

        public async Task<string?[]> TextsAsync(string column)
        {
            string?[] values = new string?[rows];
            await group.ReadAsync(schema.FindDataField(column), values.AsMemory()!, null, cancellationToken);
            return values;
        }
    }
}
