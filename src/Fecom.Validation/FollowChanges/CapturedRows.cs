using Npgsql;

namespace Fecom.Validation.FollowChanges;

/// <summary>
/// Every row that a change has brought, with the place of the change that brought it first. A connector sends rows again: after a
/// crash those since its last note, in a snapshot all of them, whatever their age. What comes from another place than the first
/// is a repeat.
/// </summary>
/// <remarks>
/// Kept here once, and not in each sink, as each sink would have to look the row up beside its own ledger. Written before the event
/// is sent on: of a batch that a crash cut off, each message comes again from the very same place, is no repeat, and whether a sink
/// has its event, the sink's ledger knows by source and position as of any event. A row is about 90 bytes, index included, and is
/// kept for ever. A row that was refused may come again valid, once its cause is gone, and then takes the place of the refused one.
/// </remarks>
internal sealed class CapturedRows(NpgsqlDataSource database)
{
    /// <summary>Remembers the rows that are new, and tells which messages of the batch are repeats.</summary>
    public async Task<HashSet<int>> RepeatsAsync(IReadOnlyList<RowClaim> claims, CancellationToken cancellationToken)
    {
        RowClaim[] wanted = [.. claims.Where(claim => !(claim.IsResent && claim.Refused))];
        if (wanted.Length == 0)
        {
            return [];
        }

        // Of one row's claims in a batch the first that is valid; in the order of the rows, or two hosts would wait for each other.
        RowClaim[] first = [.. wanted.GroupBy(claim => claim.Row).Select(Best).OrderBy(claim => claim.Row)];
        Dictionary<Guid, (long Source, long Position, bool Refused)> taken = await TakeAsync(first, cancellationToken);
        RowClaim[] mended = [.. first.Where(claim => !claim.Refused && taken[claim.Row].Refused)];
        if (mended.Length > 0)
        {
            await MendAsync(mended, taken, cancellationToken);
        }

        return
        [
            .. wanted
                .Where(claim =>
                    (taken[claim.Row].Source, taken[claim.Row].Position) != ((long)claim.Source, claim.Position)
                )
                .Select(claim => claim.Message),
        ];
    }

    private static RowClaim Best(IEnumerable<RowClaim> claims)
    {
        RowClaim[] all = [.. claims];
        int valid = Array.FindIndex(all, claim => !claim.Refused);
        return all[Math.Max(valid, 0)];
    }

    private async Task<Dictionary<Guid, (long Source, long Position, bool Refused)>> TakeAsync(
        RowClaim[] claims,
        CancellationToken cancellationToken
    )
    {
        Guid[] rows = [.. claims.Select(claim => claim.Row)];
        await using NpgsqlBatch batch = database.CreateBatch();
        batch.BatchCommands.Add(
            Command(
                "insert into validation.captured_row (row_id, source, position, refused) select * from unnest($1, $2, $3, $4) on conflict do nothing",
                claims
            )
        );
        batch.BatchCommands.Add(
            new("select row_id, source, position, refused from validation.captured_row where row_id = any($1)")
            {
                Parameters = { new() { Value = rows } },
            }
        );
        Dictionary<Guid, (long, long, bool)> taken = new(rows.Length);
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            taken.Add(reader.GetGuid(0), (reader.GetInt64(1), reader.GetInt64(2), reader.GetBoolean(3)));
        }

        return taken;
    }

    /// <summary>Puts valid rows in the place of refused ones; of two hosts the first one's stays.</summary>
    private async Task MendAsync(
        RowClaim[] claims,
        Dictionary<Guid, (long Source, long Position, bool Refused)> taken,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlBatch batch = database.CreateBatch();
        batch.BatchCommands.Add(
            Command(
                """
                update validation.captured_row c set source = n.source, position = n.position, refused = n.refused
                from unnest($1, $2, $3, $4) as n (row_id, source, position, refused) where c.row_id = n.row_id and c.refused
                """,
                claims
            )
        );
        batch.BatchCommands.Add(
            new("select row_id, source, position, refused from validation.captured_row where row_id = any($1)")
            {
                Parameters = { new() { Value = claims.Select(claim => claim.Row).ToArray() } },
            }
        );
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            taken[reader.GetGuid(0)] = (reader.GetInt64(1), reader.GetInt64(2), reader.GetBoolean(3));
        }
    }

    private static NpgsqlBatchCommand Command(string sql, RowClaim[] claims) =>
        new(sql)
        {
            Parameters =
            {
                new() { Value = claims.Select(claim => claim.Row).ToArray() },
                new() { Value = claims.Select(claim => (long)claim.Source).ToArray() },
                new() { Value = claims.Select(claim => claim.Position).ToArray() },
                new() { Value = claims.Select(claim => claim.Refused).ToArray() },
            },
        };
}
