using System.Collections.Concurrent;
using System.Collections.Frozen;
using Fecom.Platform.Failures;
using Fecom.Platform.Messaging;
using Fecom.Platform.Storage;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Fecom.Access.KnowCallers;

/// <summary>
/// Keys and people in memory, so that a call costs no PostgreSQL. Whoever asks later than <see cref="Fresh"/> sets a new reading
/// going, and from <see cref="Stale"/> on waits for it: what was revoked on any host stops on this one within that time, and a
/// host that nobody calls reads nothing. While PostgreSQL is away nothing can be revoked, and the last reading holds.
/// </summary>
internal sealed partial class CallerDirectory(
    NpgsqlDataSource database,
    ConfiguredAdmin admin,
    TimeProvider time,
    ILogger<CallerDirectory> logger
)
{
    /// <summary>Up to this age it is taken as it is.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1.5);

    /// <summary>From this age on a call waits for a new one.</summary>
    private static readonly TimeSpan Stale = TimeSpan.FromSeconds(3);

    /// <summary>So long a call waits, and so long nobody tries again after a failure.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    /// <summary>Seconds between two writings of a key's last use.</summary>
    private const int UseSeconds = 60;

    private readonly ConcurrentDictionary<long, long> _used = new();
    private readonly Lock _lock = new();
    private volatile CallerSnapshot? _snapshot;
    private Task<CallerSnapshot>? _reading;
    private long _beganAt;
    private long _usesWrittenAt;

    /// <summary>Since when PostgreSQL has not said who may call; null while it does.</summary>
    public DateTimeOffset? OutdatedSince { get; private set; }

    /// <summary>Keys and people, not older than some seconds.</summary>
    public ValueTask<CallerSnapshot> ReadAsync(CancellationToken cancellationToken)
    {
        CallerSnapshot? snapshot = _snapshot;
        TimeSpan age = snapshot is null ? TimeSpan.MaxValue : time.GetElapsedTime(snapshot.ReadAt);
        if (age < Fresh)
        {
            return new(snapshot!);
        }

        Task<CallerSnapshot> reading = Begin();
        return age < Stale && snapshot is not null
            ? new(snapshot)
            : new(WaitAsync(reading, snapshot, cancellationToken));
    }

    /// <summary>Reads again now: after a change that was made here.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        Task<CallerSnapshot> reading;
        lock (_lock)
        {
            // One that is under way may have begun before the change.
            reading = _reading = LoadAsync(_reading);
            _beganAt = time.GetTimestamp();
        }

        await reading.WaitAsync(cancellationToken);
    }

    /// <summary>Remembers that a key was used; it is written with a reading, once in a minute.</summary>
    public void Used(KnownKey key) => _used[key.Id] = time.GetUtcNow().UtcTicks;

    private Task<CallerSnapshot> Begin()
    {
        lock (_lock)
        {
            if (
                _reading is null
                || (
                    _reading.IsCompleted
                    && (_reading.IsCompletedSuccessfully || time.GetElapsedTime(_beganAt) > Timeout)
                )
            )
            {
                _reading = LoadAsync(null);
                _beganAt = time.GetTimestamp();
            }

            return _reading;
        }
    }

    private async Task<CallerSnapshot> WaitAsync(
        Task<CallerSnapshot> reading,
        CallerSnapshot? before,
        CancellationToken cancellationToken
    )
    {
        if (before is null)
        {
            return await reading.WaitAsync(cancellationToken);
        }

        // PostgreSQL that does not answer holds calls up for a second in all, not each of them.
        TimeSpan left = Timeout - time.GetElapsedTime(_beganAt);
        try
        {
            return left > TimeSpan.Zero || reading.IsCompleted
                ? await reading.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, time, cancellationToken)
                : before;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && (e is TimeoutException || Outage.Is(e)))
        {
            return before;
        }
    }

    private async Task<CallerSnapshot> LoadAsync(Task<CallerSnapshot>? before)
    {
        await Task.Yield();
        if (before is not null)
        {
            await before.ContinueWith(
                _ => { },
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default
            );
        }

        long readAt = time.GetTimestamp();
        try
        {
            await WriteUsesAsync();
            IReadOnlyList<KeyRow> keys = await database.QueryAsync<KeyRow>(
                """
                select id as "Id", name as "Name", secret_hash as "SecretHash", scopes as "Scopes", origins as "Origins",
                    expires_at as "ExpiresAt"
                from access.api_key where revoked_at is null
                """,
                null,
                CancellationToken.None
            );
            IReadOnlyList<KnownPerson> people = await database.QueryAsync<KnownPerson>(
                """
                select id as "Id", name as "Name", role as "Role", password_hash as "PasswordHash", stamp::text as "Stamp"
                from access.person
                """,
                null,
                CancellationToken.None
            );
            CallerSnapshot snapshot = new(
                keys.Select(row => row.Key).ToFrozenDictionary(key => key.Id),
                people.Concat(admin.Person is { } person ? [person] : []).ToFrozenDictionary(one => one.Id),
                readAt
            );
            _snapshot = snapshot;
            OutdatedSince = null;
            return snapshot;
        }
        catch (Exception e) when (Outage.Is(e))
        {
            if (OutdatedSince is null)
            {
                OutdatedSince = time.GetUtcNow();
                LogOutdated(FailureText.Of(e));
            }

            throw;
        }
    }

    private async Task WriteUsesAsync()
    {
        if (_used.IsEmpty || (_usesWrittenAt != 0 && time.GetElapsedTime(_usesWrittenAt).TotalSeconds < UseSeconds))
        {
            return;
        }

        _usesWrittenAt = time.GetTimestamp();
        KeyValuePair<long, long>[] uses = [.. _used];
        await database.ExecuteAsync(
            """
            update access.api_key k set last_used_at = greatest(k.last_used_at, u.at)
            from unnest(@ids, @times) as u (id, at) where k.id = u.id
            """,
            new
            {
                ids = uses.Select(use => use.Key).ToArray(),
                times = uses.Select(use => new DateTime(use.Value, DateTimeKind.Utc)).ToArray(),
            },
            CancellationToken.None
        );
        foreach (KeyValuePair<long, long> use in uses)
        {
            _used.TryRemove(use);
        }
    }

    private sealed record KeyRow
    {
        public required long Id { get; init; }

        public required string Name { get; init; }

        public required byte[] SecretHash { get; init; }

        public required string[] Scopes { get; init; }

        public required string[] Origins { get; init; }

        public DateTime? ExpiresAt { get; init; }

        public KnownKey Key => new(Id, Name, SecretHash, Scopes, Origins, ExpiresAt);
    }

    [LoggerMessage(
        LogLevel.Warning,
        "PostgreSQL does not say who may call; keys and people hold as they were read last. {Reason}"
    )]
    private partial void LogOutdated(string reason);
}
