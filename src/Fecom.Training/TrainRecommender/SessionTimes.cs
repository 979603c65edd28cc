using Fecom.Learning.Purchase;
using Fecom.Training.ReadSessions;
using Npgsql;

namespace Fecom.Training.TrainRecommender;

/// <summary>Where the newest sessions begin.</summary>
internal sealed class SessionTimes(NpgsqlDataSource database)
{
    /// <summary>The time after which one event in a thousand lies, and one in twenty: a few events with a date far ahead age no others.</summary>
    /// <exception cref="InsufficientDataException">There are no events.</exception>
    public async Task<(DateTime Newest, DateTime HoldOutFrom)> ReadAsync(TrainingEvents source, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = database.CreateCommand(
            $"""
            select percentile_disc(0.999) within group (order by event_time), percentile_disc(0.95) within group (order by event_time) from features.session_event
            where {(source.WithoutSample ? "not sample" : "true")}
            """
        );
        command.CommandTimeout = 0;
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return reader.IsDBNull(0)
            ? throw new InsufficientDataException("The offline store holds no events.")
            : (reader.GetDateTime(0), reader.GetDateTime(1));
    }
}
