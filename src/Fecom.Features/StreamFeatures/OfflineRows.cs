using Fecom.Contracts;
using Fecom.Learning.Views;
using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Features.StreamFeatures;

/// <summary>A row of the offline store.</summary>
/// <param name="Event">The event.</param>
/// <param name="Features">The session's features after it.</param>
internal readonly record struct FeatureRow(BehaviorEvent Event, SessionFeatures Features);

/// <summary>Writes the offline store's rows by COPY.</summary>
internal static class OfflineRows
{
    public static async Task CopyAsync(NpgsqlConnection connection, IEnumerable<FeatureRow> rows, CancellationToken cancellationToken)
    {
        await using BinaryCopy copy = await BinaryCopy.BeginAsync(
            connection,
            """
            copy features.session_row (event_time, received_at, event_id, activity_count, event_weekday, event_type, user_id,
                user_session, product_id, category_id, category_code_level1, category_code_level2, price, brand,
                category_code_rest, sample)
            from stdin (format binary)
            """,
            cancellationToken
        );
        foreach (FeatureRow row in rows)
        {
            Write(copy, row.Event, row.Features);
            if (copy.IsFull)
            {
                await copy.FlushAsync(cancellationToken);
            }
        }

        await copy.CompleteAsync(cancellationToken);
    }

    private static void Write(BinaryCopy copy, BehaviorEvent e, in SessionFeatures features)
    {
        copy.StartRow(columns: 16);
        copy.Write(e.EventTime);
        copy.Write(e.ReceivedAt);
        copy.Write(e.EventId);
        copy.Write(features.ActivityCount);
        copy.Write((short)features.EventWeekday);
        copy.Write(e.EventType.Name());
        copy.Write(e.UserId);
        copy.Write(e.UserSession);
        copy.Write(e.ProductId);
        copy.Write(e.CategoryId);
        copy.Write(features.CategoryCodeLevel1);
        copy.Write(features.CategoryCodeLevel2);
        copy.Write(features.Price);
        copy.Write(features.Brand);
        copy.Write(CategoryLevels.RestOf(e.CategoryCode));
        copy.Write(e.Source == BehaviorEvent.SampleSource);
    }
}
