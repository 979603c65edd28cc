using System.Data;
using Fecom.Learning.Purchase;
using Fecom.Learning.Views;
using Npgsql;

namespace Fecom.Training.ReadServed;

/// <summary>A logged prediction with its features.</summary>
internal sealed record ServedPrediction
{
    /// <summary>When it was asked for, UTC.</summary>
    public required DateTime PredictedAt { get; init; }

    /// <summary>The moment that its features speak of, UTC.</summary>
    public required DateTime At { get; init; }

    /// <summary>Visitor, visit and product.</summary>
    public required EntityKeys Keys { get; init; }

    /// <summary>What it was predicted from.</summary>
    public required PurchaseFeatures Features { get; init; }
}

/// <summary>Reads the log of predictions that Serving publishes. What another release logged with other features is passed over.</summary>
internal sealed class ServedPredictions(NpgsqlDataSource database)
{
    private const string Columns = """
        predicted_at, at, user_id, user_session, product_id, category_code_level1, category_code_level2, event_weekday, activity_count,
        price, brand, more
        """;

    /// <summary>The newest predictions of a time, whatever they were asked of.</summary>
    public Task<List<ServedPrediction>> NewestAsync(
        DateTime from,
        DateTime to,
        int count,
        CancellationToken cancellationToken
    ) =>
        ReadAsync(
            $"""
            select {Columns} from serving.logged_prediction
            where model = @model and layout = @layout and shown_probability is null and predicted_at >= @from and predicted_at < @to
            order by predicted_at desc limit @count
            """,
            from,
            to,
            count,
            cancellationToken
        );

    /// <summary>
    /// Predictions of a time of which the model has learnt to speak, the first of each product in a visit: like the rows of a training. Of
    /// far more than are wanted, those of some visits by chance, evenly over the time.
    /// </summary>
    public Task<List<ServedPrediction>> FirstAsync(
        DateTime from,
        DateTime to,
        int count,
        CancellationToken cancellationToken
    ) =>
        ReadAsync(
            $"""
            select {Columns} from (
                select distinct on (user_session, product_id) {Columns} from serving.logged_prediction
                where model = @model and layout = @layout and is_valid and shown_probability is null
                    and predicted_at >= @from and predicted_at < @to
                    and (hashtext(user_session)::bigint & 2147483647) % (
                        select greatest(1, count(*) / (4 * @count)) from serving.logged_prediction
                        where predicted_at >= @from and predicted_at < @to) = 0
                order by user_session, product_id, predicted_at
            ) first order by hashtext(user_session), predicted_at limit @count
            """,
            from,
            to,
            count,
            cancellationToken
        );

    private async Task<List<ServedPrediction>> ReadAsync(
        string sql,
        DateTime from,
        DateTime to,
        int count,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlCommand command = database.CreateCommand(sql);
        command.CommandTimeout = 0;
        command.Parameters.Add(new("model", PurchaseModel.Kind));
        command.Parameters.Add(new("layout", PurchaseFeatures.Layout));
        command.Parameters.Add(new("from", from));
        command.Parameters.Add(new("to", to));
        command.Parameters.Add(new("count", count));
        await using NpgsqlDataReader rows = await command.ExecuteReaderAsync(cancellationToken);
        List<ServedPrediction> predictions = [];
        while (await rows.ReadAsync(cancellationToken))
        {
            predictions.Add(Read(rows));
        }

        return predictions;
    }

    private static ServedPrediction Read(NpgsqlDataReader row) =>
        new()
        {
            PredictedAt = row.GetDateTime(0),
            At = row.GetDateTime(1),
            Keys = new EntityKeys(Text(row, 2), row.GetString(3), row.GetString(4)),
            Features = new PurchaseFeatures(
                new SessionFeatures
                {
                    CategoryCodeLevel1 = Text(row, 5),
                    CategoryCodeLevel2 = Text(row, 6),
                    EventWeekday = row.GetInt32(7),
                    ActivityCount = row.GetInt32(8),
                    Price = row.GetDecimal(9),
                    Brand = Text(row, 10),
                },
                row.GetFieldValue<float[]>(11)
            ),
        };

    private static string? Text(IDataRecord row, int place) => row.IsDBNull(place) ? null : row.GetString(place);
}
