using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Fecom.Platform.Retention;

/// <summary>
/// Keys of which a sink takes nothing any more that happened up to a time: what was deleted of them does not come back with a
/// message that is read again. Only a hash of each key is kept, in a table of the sink's own schema with the columns <c>key</c> and <c>until</c>.
/// </summary>
/// <remarks>Whoever adds a key waits for the transactions that have read the table; those that begin later find the key.</remarks>
public sealed class ForgottenKeys
{
    private readonly Dictionary<Guid, DateTime> _until;

    private ForgottenKeys(Dictionary<Guid, DateTime> until) => _until = until;

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => _until.Count == 0;

    /// <summary>Reads them within a sink's transaction, before it writes.</summary>
    /// <param name="connection">The sink's connection, in its transaction.</param>
    /// <param name="table">The table, with its schema; text of ours.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="among">The keys that matter, where the sink knows them beforehand; null reads all.</param>
    public static async Task<ForgottenKeys> ReadAsync(
        NpgsqlConnection connection,
        string table,
        CancellationToken cancellationToken,
        IReadOnlyCollection<string>? among = null
    )
    {
        await using NpgsqlCommand select = new(
            $"select key, until from {table} where @among::uuid[] is null or key = any(@among)",
            connection
        );
        object hashes = among is null ? DBNull.Value : among.Distinct(StringComparer.Ordinal).Select(Hash).ToArray();
        select.Parameters.Add(
            new("among", NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Uuid) { Value = hashes }
        );
        await using NpgsqlDataReader rows = await select.ExecuteReaderAsync(cancellationToken);
        return await ReadAsync(rows, cancellationToken);
    }

    /// <summary>Reads all of them, within a batch of a sink's transaction.</summary>
    /// <param name="table">The table, with its schema; text of ours.</param>
    public static NpgsqlBatchCommand Select(string table) => new($"select key, until from {table}");

    /// <summary>Takes what <see cref="Select"/> has found.</summary>
    /// <param name="rows">At its result.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<ForgottenKeys> ReadAsync(NpgsqlDataReader rows, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(rows);
        Dictionary<Guid, DateTime> until = [];
        while (await rows.ReadAsync(cancellationToken))
        {
            until[rows.GetGuid(0)] = rows.GetDateTime(1);
        }

        return new ForgottenKeys(until);
    }

    /// <summary>Adds a key within a transaction, and holds up the sink until that has ended.</summary>
    /// <param name="connection">In a transaction.</param>
    /// <param name="table">The table, with its schema; text of ours.</param>
    /// <param name="key">The key.</param>
    /// <param name="until">What happened up to then is forgotten, UTC.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task AddAsync(
        NpgsqlConnection connection,
        string table,
        string key,
        DateTime until,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlCommand add = new(
            $"""
            lock table {table} in access exclusive mode;
            insert into {table} as f (key, until) values (@key, @until)
            on conflict (key) do update set until = greatest(f.until, excluded.until)
            """,
            connection
        )
        {
            CommandTimeout = 0,
            Parameters = { new("key", Hash(key)), new("until", until) },
        };
        await add.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Whether something that happened then is not to be taken.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="happenedAt">When it happened, UTC.</param>
    public bool Forgets(string key, DateTime happenedAt) =>
        _until.Count > 0 && _until.TryGetValue(Hash(key), out DateTime until) && happenedAt <= until;

    /// <summary>What of some items is to be taken; without a copy where that is all of them.</summary>
    /// <param name="items">The items.</param>
    /// <param name="key">An item's key.</param>
    /// <param name="happenedAt">When it happened, UTC.</param>
    public IReadOnlyList<T> Without<T>(IReadOnlyList<T> items, Func<T, string> key, Func<T, DateTime> happenedAt)
    {
        ArgumentNullException.ThrowIfNull(items);
        return IsEmpty || !items.Any(item => Forgets(key(item), happenedAt(item)))
            ? items
            : [.. items.Where(item => !Forgets(key(item), happenedAt(item)))];
    }

    /// <summary>Whether others have the same keys and times.</summary>
    public bool IsSame(ForgottenKeys other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return _until.Count == other._until.Count
            && _until.All(one => other._until.TryGetValue(one.Key, out DateTime until) && until == one.Value);
    }

    /// <summary>128 bits of the key's SHA-256.</summary>
    public static Guid Hash(string key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(key), hash);
        return new Guid(hash[..16]);
    }
}
