using Fecom.Learning.Purchase;
using Fecom.Platform.Storage;
using Fecom.Training.ReadSessions;
using Npgsql;

namespace Fecom.Training.TrainRecommender;

/// <summary>Where the newest sessions begin.</summary>
internal sealed class SessionTimes(NpgsqlDataSource database)
{
    /// <summary>The time after which one event in a thousand lies, and one in twenty: a few events with a date far ahead age no others.</summary>
    /// <exception cref="InsufficientDataException">There are no events.</exception>
    public async Task<(DateTime Newest, DateTime HoldOutFrom)> ReadAsync(
        TrainingEvents source,
        CancellationToken cancellationToken
    )
    {
        (DateTime? newest, DateTime? from) = await database.ReadAsync<(DateTime?, DateTime?)>(
            $"""
            select percentile_disc(0.999) within group (order by event_time), percentile_disc(0.95) within group (order by event_time) from bronze.validated_event
            where {(source.WithoutSample ? "not sample" : "true")}
            """,
            null,
            cancellationToken,
            TimeSpan.Zero
        );
        return newest is { } last && from is { } first
            ? (last, first)
            : throw new InsufficientDataException("Bronze holds no events.");
    }
}
