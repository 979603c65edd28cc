using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Platform.Messaging;

/// <summary>Deletes dead letters by what their messages say.</summary>
public sealed class DeadLetterDeletion(NpgsqlDataSource database)
{
    /// <summary>Messages that are read at once: each has 1,400,000 bytes at most.</summary>
    private const int PageSize = 50;

    /// <param name="text">
    /// What the key or the message of those that are asked about has, UTF-8. Messages with a backslash are asked about too: JSON may
    /// spell the text with escapes.
    /// </param>
    /// <param name="isWanted">Of a key and a message: whether it goes.</param>
    /// <param name="cancellationToken">Gives up; what is deleted is deleted.</param>
    /// <returns>How many were deleted.</returns>
    public async Task<long> DeleteAsync(
        byte[] text,
        Func<byte[], byte[], bool> isWanted,
        CancellationToken cancellationToken
    )
    {
        ArgumentNullException.ThrowIfNull(isWanted);
        long deleted = 0;
        long after = 0;
        while (true)
        {
            IReadOnlyList<(long Id, byte[] Key, byte[] Original)> page = await database.QueryAsync<(
                long,
                byte[],
                byte[]
            )>(
                """
                select id, key, original from platform.dead_letter
                where id > @after
                    and (key = @text or position(@text in original) > 0 or position('\x5c'::bytea in original) > 0)
                order by id limit @PageSize
                """,
                new
                {
                    after,
                    text,
                    PageSize,
                },
                cancellationToken
            );
            if (page.Count == 0)
            {
                return deleted;
            }

            after = page[^1].Id;
            long[] ids = [.. page.Where(letter => isWanted(letter.Key, letter.Original)).Select(letter => letter.Id)];
            deleted += await database.ExecuteAsync(
                "delete from platform.dead_letter where id = any(@ids)",
                new { ids },
                cancellationToken
            );
        }
    }
}
