using System.Net;
using Fecom.Platform.Access;

namespace Fecom.Access.SignIn;

/// <summary>
/// Slows down whoever guesses passwords: by account and address together, by account, and by address. Each attempt counts as failed
/// until it has succeeded, so that many at once gain nothing. Failures of each count for <see cref="Window"/> after the last one.
/// </summary>
internal sealed class SignInThrottle(TimeProvider time)
{
    /// <summary>Accounts and addresses that are remembered; beyond that the oldest are forgotten.</summary>
    public const int MaxEntries = 10_000;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(15);
    private static readonly Limit Both = new(5, TimeSpan.FromMinutes(5));
    private static readonly Limit OfAddress = new(20, TimeSpan.FromMinutes(5));

    /// <summary>Shorter: whoever knows a name must not keep its owner out.</summary>
    private static readonly Limit OfAccount = new(20, TimeSpan.FromSeconds(30));

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>Accounts and addresses that are remembered now.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>Begins an attempt.</summary>
    /// <returns>How long to wait first; null when it may go on, and has been counted.</returns>
    public TimeSpan? Begin(string account, IPAddress? address)
    {
        DateTimeOffset now = time.GetUtcNow();
        (string Key, Limit Limit)[] keys = Keys(account, address);
        lock (_lock)
        {
            TimeSpan wait = keys.Max(key =>
                _entries.TryGetValue(key.Key, out Entry? entry) && entry.LastAt + Window > now
                    ? entry.LastAt + key.Limit.Wait(entry.Failures) - now
                    : TimeSpan.Zero
            );
            if (wait > TimeSpan.Zero)
            {
                return wait;
            }

            foreach ((string key, _) in keys)
            {
                AddFailure(key, now);
            }

            return null;
        }
    }

    /// <summary>An attempt was right: what was counted for its account is forgotten, and it itself for the address.</summary>
    public void Succeeded(string account, IPAddress? address)
    {
        (string Key, Limit)[] keys = Keys(account, address);
        lock (_lock)
        {
            _entries.Remove(keys[0].Key);
            _entries.Remove(keys[1].Key);
            if (_entries.TryGetValue(keys[2].Key, out Entry? entry))
            {
                _entries[keys[2].Key] = entry with { Failures = entry.Failures - 1 };
            }
        }
    }

    private void AddFailure(string key, DateTimeOffset now)
    {
        int before = _entries.TryGetValue(key, out Entry? entry) && entry.LastAt + Window > now ? entry.Failures : 0;
        if (entry is null && _entries.Count >= MaxEntries)
        {
            // A tenth at once, so that this is seldom.
            foreach (
                string old in _entries
                    .OrderBy(one => one.Value.LastAt)
                    .Take(MaxEntries / 10)
                    .Select(one => one.Key)
                    .ToArray()
            )
            {
                _entries.Remove(old);
            }
        }

        _entries[key] = new Entry(before + 1, now);
    }

    private static (string Key, Limit Limit)[] Keys(string account, IPAddress? address)
    {
        string name = account.ToUpperInvariant();
        string from = CallerShare.NetworkOf(address);
        return [($"both:{from}:{name}", Both), ($"account:{name}", OfAccount), ($"address:{from}", OfAddress)];
    }

    private sealed record Entry(int Failures, DateTimeOffset LastAt);

    /// <summary>How many failures cost nothing, and how long the wait becomes, which doubles from a second on.</summary>
    private readonly record struct Limit(int Free, TimeSpan Max)
    {
        public TimeSpan Wait(int failures) =>
            failures < Free
                ? TimeSpan.Zero
                : TimeSpan.FromSeconds(Math.Min(Max.TotalSeconds, Math.Pow(2, Math.Min(failures - Free, 20))));
    }
}
