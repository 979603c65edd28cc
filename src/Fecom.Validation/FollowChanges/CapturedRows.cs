using Npgsql;

namespace Fecom.Validation.FollowChanges;

/// <summary>
/// Every row that came in a change, with the source and position of its first change. A connector sends rows again: after a
/// crash those since its last commit, in a snapshot all of them, whatever their age. A change with another position than the first
/// is a repeat, and skipped.
/// </summary>
/// <remarks>
/// Stored here once rather than by each sink, which would have to look the row up in addition to its ledger. Written before the event
/// is forwarded: after a crash each message of the batch comes again from the same position, which is no repeat, and whether a sink
/// has its event, the sink's ledger decides by source and position as for any event. A row is about 90 bytes, index included, and is
/// kept for ever. A refused row may come again and be valid, once the cause is removed, and then replaces the refused one.
/// </remarks>
internal sealed class CapturedRows(NpgsqlDataSource database)
{
    /// <summary>Stores the rows that are new, and returns which messages of the batch are repeats.</summary>
    public async Task<HashSet<int>> RepeatsAsync(IReadOnlyList<RowClaim> claims, CancellationToken cancellationToken)
    {
        RowClaim[] wanted = [.. claims.Where(claim => !(claim.IsResent && claim.Refused))];
        if (wanted.Length == 0)
        {
            return [];
        }

        // The first valid claim of each row, in the order of the rows, so that two hosts cannot deadlock.
        RowClaim[] first = [.. wanted.GroupBy(claim => claim.Row).Select(Best).OrderBy(claim => claim.Row)];
        Dictionary<Guid, (long Source, long Position, bool Refused)> taken = await TakeAsync(first, cancellationToken);
        RowClaim[] mended = [.. first.Where(claim => !claim.Refused && taken[claim.Row].Refused)];
        if (mended.Length > 0)
        {
            await ReplaceRefusedAsync(mended, taken, cancellationToken);
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

    /// <summary>Replaces refused rows by valid ones; of two hosts the first wins.</summary>
    private async Task ReplaceRefusedAsync(
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
