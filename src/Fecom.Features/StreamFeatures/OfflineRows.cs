using Fecom.Contracts;
using Fecom.Learning.Views;
using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Features.StreamFeatures;

/// <summary>A row of the offline store.</summary>
/// <param name="Event">The event.</param>
/// <param name="Features">The session's features after it.</param>
internal readonly record struct FeatureRow(BehaviorEvent Event, SessionFeatures Features);

/// <summary>Writes the offline store's rows: new ones by COPY, and what late events change of those that are there.</summary>
internal static class OfflineRows
{
    public static async Task CopyAsync(
        NpgsqlConnection connection,
        IReadOnlyList<FeatureRow> rows,
        CancellationToken cancellationToken
    )
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
        for (int i = 0; i < rows.Count; i++)
        {
            Write(copy, rows[i].Event, rows[i].Features);
            if (copy.IsFull)
            {
                await copy.FlushAsync(cancellationToken);
            }
        }

        await copy.CompleteAsync(cancellationToken);
    }

    /// <summary>Counts rows up that follow late events. Almost always there are none.</summary>
    public static async Task CountUpAsync(
        NpgsqlConnection connection,
        CountUp[] countUps,
        CancellationToken cancellationToken
    )
    {
        if (countUps.Length == 0)
        {
            return;
        }

        // The index is on the event time: of a session's rows only those of its last events are meant.
        await using NpgsqlCommand command = new(
            """
            update features.session_row r set activity_count = r.activity_count + c.events
            from unnest($1, $2, $3, $4) as c (user_session, since, until, events)
            where r.user_session = c.user_session and r.event_time >= c.since and r.event_time < c.until
                and r.event_time >= $5 and r.event_time < $6
            """,
            connection
        )
        {
            Parameters =
            {
                new() { Value = Array.ConvertAll(countUps, up => up.Session) },
                new() { Value = Array.ConvertAll(countUps, up => up.From) },
                new() { Value = Array.ConvertAll(countUps, up => up.To) },
                new() { Value = Array.ConvertAll(countUps, up => up.Events) },
                new() { Value = countUps.Min(up => up.From) },
                new() { Value = countUps.Max(up => up.To) },
            },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
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
