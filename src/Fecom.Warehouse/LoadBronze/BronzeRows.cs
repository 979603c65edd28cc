using Fecom.Contracts;
using Fecom.Platform.Storage;

namespace Fecom.Warehouse.LoadBronze;

/// <summary>Rows of <c>bronze.event</c> by binary COPY.</summary>
internal static class BronzeRows
{
    private const short ColumnCount = 16;

    /// <summary>Columns in the order in which they are written.</summary>
    public const string Columns = """
        event_time, received_at, validated_at, event_id, position, event_type, product_id, category_id, category_code, brand,
        price, user_id, user_session, source, late, batch
        """;

    /// <summary>Writes one row.</summary>
    public static void WriteRow(BinaryCopy copy, BehaviorEvent e, long batch)
    {
        copy.StartRow(ColumnCount);
        copy.Write(e.EventTime);
        copy.Write(e.ReceivedAt);
        copy.Write(e.ValidatedAt);
        copy.Write(e.EventId);
        copy.Write(e.Position);
        copy.Write(e.EventType.Name());
        copy.Write(e.ProductId);
        copy.Write(e.CategoryId);
        copy.Write(e.CategoryCode);
        copy.Write(e.Brand);
        copy.Write(e.Price);
        copy.Write(e.UserId);
        copy.Write(e.UserSession);
        copy.Write(e.Source);
        copy.Write(e.Late);
        copy.Write(batch);
    }
}
