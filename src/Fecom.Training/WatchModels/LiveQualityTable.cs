using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Training.WatchModels;

/// <summary>Figures of the champion over all days that were looked at, as a report keeps them.</summary>
/// <param name="Auc">Null when all or none was bought.</param>
/// <param name="AveragePrecision">Null when none was bought.</param>
/// <param name="CalibrationError">Distance of prediction and rate.</param>
/// <param name="MeanProbability">What was predicted on average.</param>
internal sealed record LiveFigures(
    double? Auc,
    double? AveragePrecision,
    double CalibrationError,
    double MeanProbability
);

/// <summary>What people ask of <c>training.live_quality</c>.</summary>
internal sealed class LiveQualityTable(NpgsqlDataSource database)
{
    /// <summary>Days of a model, newest first.</summary>
    public Task<IReadOnlyList<LiveQualityDay>> ListAsync(
        string model,
        int skip,
        int count,
        CancellationToken cancellationToken
    ) =>
        database.QueryAsync<LiveQualityDay>(
            """
            select to_char(day, 'YYYY-MM-DD') as Day, version, predictions, bought, auc, average_precision as AveragePrecision,
                calibration_error as CalibrationError, mean_probability as MeanProbability, measured_at as MeasuredAt
            from training.live_quality where model = @model order by day desc, version desc offset @skip limit @count
            """,
            new
            {
                model,
                skip,
                count,
            },
            cancellationToken
        );
}
