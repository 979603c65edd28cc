using Npgsql;

namespace Fecom.Validation.ValidateEvents;

/// <summary>
/// Clients' own event ids, each with the event that had it first: the source and position that no other event has. So an
/// event that is sent again after a crash is itself, and another one of the same id is a duplicate. Written before the
/// event is sent on, and remembered for <see cref="ValidationRules.EventIdDays"/>.
/// </summary>
internal sealed class SeenEventIds(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>Remembers the ids that are new, and tells which events come second.</summary>
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

    /// <summary>In the order of the ids: two hosts with the same ids would otherwise wait for each other.</summary>
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
