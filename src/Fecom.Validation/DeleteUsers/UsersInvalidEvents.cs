using System.Text;
using Fecom.Contracts;
using Fecom.Platform.Storage;
using Fecom.Validation.ReadAvro;
using Npgsql;

namespace Fecom.Validation.DeleteUsers;

/// <summary>The invalid events of a user. Their counts by rule and hour name nobody, and stay.</summary>
internal sealed class UsersInvalidEvents(NpgsqlDataSource database) : IUserRecords
{
    /// <summary>Events that are read at once: each has 1,000,000 bytes at most, twice when it was mended.</summary>
    private const int PageSize = 50;

    public async Task<IReadOnlyDictionary<string, long>> DeleteAsync(
        DeletedUser user,
        CancellationToken cancellationToken
    )
    {
        UserMention mention = new(user.UserId);
        byte[] text = Encoding.UTF8.GetBytes(user.UserId);
        long deleted = 0;
        long after = 0;
        while (true)
        {
            // JSON may spell the id with escapes: each event with a backslash is looked at.
            IReadOnlyList<(long Id, byte[] Original, byte[]? Mended)> page = await database.QueryAsync<(
                long,
                byte[],
                byte[]?
            )>(
                """
                select id, original, mended from validation.invalid_event
                where id > @after and (
                    position(@text in original) > 0 or position('\x5c'::bytea in original) > 0
                    or position(@text in mended) > 0 or position('\x5c'::bytea in mended) > 0)
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
                return new Dictionary<string, long> { ["invalid_events"] = deleted };
            }

            after = page[^1].Id;
            long[] ids =
            [
                .. page.Where(e =>
                        mention.IsIn(e.Original)
                        || FramedMessages.Names(e.Original, text)
                        || (e.Mended is { } mended && mention.IsIn(mended))
                    )
                    .Select(e => e.Id),
            ];
            deleted += await database.ExecuteAsync(
                "delete from validation.invalid_event where id = any(@ids)",
                new { ids },
                cancellationToken
            );
        }
    }
}
