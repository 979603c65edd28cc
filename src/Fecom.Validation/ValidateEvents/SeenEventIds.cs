using Npgsql;

namespace Fecom.Validation.ValidateEvents;

/// <summary>
/// Clients' own event ids, each with the source and position of the event that had it first. So an
/// event that is resent after a crash is recognised as the same, and another one with the same id is a duplicate. Written before the
/// event is forwarded, and kept for <see cref="ValidationRules.EventIdDays"/>.
/// </summary>
internal sealed class SeenEventIds(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>Stores the ids that are new, and returns the events that are duplicates.</summary>
    public async Task<IReadOnlyList<ClientEvent>> DuplicatesAsync(
        IReadOnlyList<ClientEvent> events,
        CancellationToken cancellationToken
    )
    {
        Dictionary<Guid, (long Source, long Position)> first = await RememberAsync(events, cancellationToken);
        return
        [
            .. events.Where(e =>
                first.TryGetValue(e.Id, out (long Source, long Position) taken) && taken != ((long)e.Source, e.Position)
            ),
        ];
    }

    /// <summary>In the order of the ids, so that two hosts with the same ids cannot deadlock.</summary>
    private async Task<Dictionary<Guid, (long Source, long Position)>> RememberAsync(
        IReadOnlyList<ClientEvent> events,
        CancellationToken cancellationToken
    )
    {
        ClientEvent[] first = [.. events.DistinctBy(e => e.Id).OrderBy(e => e.Id)];
        Guid[] ids = [.. first.Select(e => e.Id)];
        await using NpgsqlBatch batch = database.CreateBatch();
        batch.BatchCommands.Add(
            new(
                """
                insert into validation.seen_event_id (event_id, source, position, seen_at)
                select *, $4 from unnest($1, $2, $3) on conflict do nothing
                """
            )
            {
                Parameters =
                {
                    new() { Value = ids },
                    new() { Value = first.Select(e => (long)e.Source).ToArray() },
                    new() { Value = first.Select(e => e.Position).ToArray() },
                    new() { Value = time.GetUtcNow().UtcDateTime },
                },
            }
        );
        batch.BatchCommands.Add(
            new("select event_id, source, position from validation.seen_event_id where event_id = any($1)")
            {
                Parameters = { new() { Value = ids } },
            }
        );
        Dictionary<Guid, (long, long)> taken = [];
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            taken.Add(reader.GetGuid(0), (reader.GetInt64(1), reader.GetInt64(2)));
        }

        return taken;
    }
}
