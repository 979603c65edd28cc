using System.Globalization;
using Fecom.Learning.Metrics;
using Fecom.Learning.Purchase;
using Fecom.Platform.Storage;
using Fecom.Training.RegisterModels;
using Npgsql;

namespace Fecom.Training.MeasureLiveQuality;

/// <summary>A logged prediction, and whether the product was bought.</summary>
internal sealed record LabelledPrediction(int Version, float Probability, bool IsBought);

/// <summary>Joins logged predictions with what was bought afterwards, as training labels its rows, and keeps the figures by day.</summary>
internal sealed class LiveQuality(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>Predictions of a day that are measured at most; of more a sample by their visits.</summary>
    private const int MaxOfDay = 200_000;

    /// <summary>The labelled predictions of a day: those of which the model has learnt to speak, the first of each product in a visit.</summary>
    /// <param name="day">The day, UTC.</param>
    /// <param name="until">Predictions from before this moment alone: by then what was bought is known.</param>
    /// <param name="horizon">Null: bought in the same visit. Otherwise by the same visitor within this time, in any visit.</param>
    /// <param name="visit">How long after a prediction its visit may go on.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<IReadOnlyList<LabelledPrediction>> LabelAsync(
        DateOnly day,
        DateTime until,
        TimeSpan? horizon,
        TimeSpan visit,
        CancellationToken cancellationToken
    )
    {
        DateTime from = day.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc);
        string buyer = horizon is null ? "user_session" : "user_id";
        return database.QueryAsync<LabelledPrediction>(
            $"""
            with first as materialized (
                select * from (
                    select distinct on (version, user_session, product_id) version, user_session, user_id, product_id, at, probability
                    from serving.logged_prediction
                    where model = @model and is_valid and predicted_at >= @from and predicted_at < least(@end, @until)
                    order by version, user_session, product_id, predicted_at
                ) p order by hashtext(user_session) limit @MaxOfDay
            ), bought as materialized (
                select {buyer} as buyer, product_id, event_time from bronze.validated_event
                where event_type = 'purchase' and event_time >= (select date_trunc('second', min(at)) from first)
                    and event_time <= (select max(at) from first) + @within * interval '1 second'
            )
            select version, probability, exists (
                select from bought b where b.buyer = first.{buyer} and b.product_id = first.product_id
                    and b.event_time >= date_trunc('second', first.at) and b.event_time <= first.at + @within * interval '1 second') as IsBought
            from first
            """,
            new
            {
                model = PurchaseModel.Kind,
                from,
                end = from.AddDays(1),
                until,
                within = (horizon ?? visit).TotalSeconds,
                MaxOfDay,
            },
            cancellationToken,
            TimeSpan.Zero
        );
    }

    /// <summary>Keeps the figures of a version's day; those of a day that is measured again are replaced.</summary>
    public Task KeepAsync(DateOnly day, int version, PredictionQuality quality, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            """
            insert into training.live_quality (model, version, day, predictions, bought, auc, average_precision, calibration_error,
                mean_probability, measured_at)
            values (@Kind, @version, @day::date, @Predictions, @Bought, @auc, @averagePrecision, @CalibrationError, @MeanProbability, @now)
            on conflict (model, version, day) do update set predictions = excluded.predictions, bought = excluded.bought,
                auc = excluded.auc, average_precision = excluded.average_precision, calibration_error = excluded.calibration_error,
                mean_probability = excluded.mean_probability, measured_at = excluded.measured_at
            """,
            new
            {
                PurchaseModel.Kind,
                version,
                day = day.ToString("O", CultureInfo.InvariantCulture),
                quality.Predictions,
                quality.Bought,
                auc = Finite(quality.Auc),
                averagePrecision = Finite(quality.AveragePrecision),
                quality.CalibrationError,
                quality.MeanProbability,
                now = time.GetUtcNow().UtcDateTime,
            },
            cancellationToken
        );

    /// <summary>AUC and calibration error of a version on the newest sessions of its training; null where they were not measured.</summary>
    public async Task<(double Auc, double CalibrationError)?> TrainedAsync(
        RegisteredVersion version,
        CancellationToken cancellationToken
    )
    {
        (double? auc, double? error) = await database.ReadAsync<(double?, double?)>(
            """
            select (select value from training.run_metric where run_id = @RunId and name = 'auc'),
                (select value from training.run_metric where run_id = @RunId and name = 'calibration_error')
            """,
            new { version.RunId },
            cancellationToken
        );
        return auc is { } known && error is { } calibration ? (known, calibration) : null;
    }

    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}
