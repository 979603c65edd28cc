using System.IO.Compression;
using Parquet;
using Parquet.Schema;

namespace Fecom.Warehouse.Lake;

/// <summary>The columns of an event in Parquet: those of <c>bronze.event</c>, but for the number of the sink's transaction.</summary>
internal static class LakeColumns
{
    /// <summary>Rows of a row group, all of which are in memory at once: some tens of MiB.</summary>
    public const int GroupRows = 50_000;

    /// <summary>Decimal places of <c>price</c>. A price with more has all of them in <c>price_exact</c>, as text.</summary>
    public const int PriceScale = 8;

    public static readonly DataField[] Fields =
    [
        Time("event_time"),
        Time("received_at"),
        Time("validated_at"),
        new("event_id", typeof(Guid), isNullable: false),
        new("position", typeof(long), isNullable: false),
        Text("event_type", isNullable: false),
        Text("product_id", isNullable: false),
        Text("category_id"),
        Text("category_code"),
        Text("brand"),
        new DecimalDataField("price", 28, PriceScale, isNullable: false),
        Text("price_exact"),
        Text("user_id", isNullable: false),
        Text("user_session", isNullable: false),
        Text("source", isNullable: false),
        new("late", typeof(bool), isNullable: false),
    ];

    public static readonly ParquetOptions Options = new()
    {
        CompressionMethod = CompressionMethod.Zstd,
        CompressionLevel = CompressionLevel.Fastest,
    };

    private static DateTimeDataField Time(string name) =>
        new(name, DateTimeFormat.Timestamp, isAdjustedToUTC: true, unit: DateTimeTimeUnit.Micros, isNullable: false);

    private static DataField Text(string name, bool isNullable = true) => new(name, typeof(string), isNullable);
}
