using Fecom.Platform.Messaging;
using Npgsql;

namespace Fecom.Ingestion.PostgresCapture;

/// <summary>The kept rows of a snapshot.</summary>
internal sealed class SnapshotRows(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>The rows that follow <paramref name="after"/>, as messages in the order of their positions.</summary>
    public async Task<IReadOnlyList<OutgoingMessage>> ReadAsync(
        CaptureState state,
        long after,
        int count,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlCommand command = database.CreateCommand(
            "select position, key, value from ingestion.capture_row where position > $1 order by position limit $2"
        );
        command.Parameters.Add(new() { Value = after });
        command.Parameters.Add(new() { Value = count });
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        DateTime now = time.GetUtcNow().UtcDateTime;
        List<OutgoingMessage> messages = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            messages.Add(
                new OutgoingMessage(
                    reader.GetFieldValue<byte[]>(1),
                    reader.GetFieldValue<byte[]>(2),
                    new MessageOrigin(state.Source, reader.GetInt64(0), now)
                )
            );
        }

        return messages;
    }
}
