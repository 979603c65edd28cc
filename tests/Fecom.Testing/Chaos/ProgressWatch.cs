using System.Globalization;
using Npgsql;
using StackExchange.Redis;

namespace Fecom.Testing.Chaos;

/// <summary>How long after a fault newer events were in bronze and in the online features again.</summary>
/// <param name="Kind">The fault.</param>
/// <param name="Time">From its strike.</param>
public readonly record struct Recovery(FaultKind Kind, TimeSpan Time);

/// <summary>Follows how far the stores have come, many times a second, for moments and for recoveries.</summary>
internal sealed class ProgressWatch(NpgsqlDataSource database, IDatabase redis, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly List<Open> _open = [];
    private readonly List<Recovery> _recoveries = [];
    private long _rows;

    /// <summary>The last line of the file that bronze has.</summary>
    public long Rows => Volatile.Read(ref _rows);

    /// <summary>Recoveries so far.</summary>
    public IReadOnlyList<Recovery> Recoveries
    {
        get
        {
            lock (_gate)
            {
                return [.. _recoveries];
            }
        }
    }

    /// <summary>Measures the recovery from a fault that struck at <paramref name="timestamp"/>.</summary>
    public void Struck(FaultKind kind, long timestamp)
    {
        lock (_gate)
        {
            _open.Add(new Open(kind, timestamp, time.GetTimestamp()));
        }
    }

    /// <summary>Looks until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using PeriodicTimer timer = new(Interval);
        while (!cancellationToken.IsCancellationRequested)
        {
            long began = time.GetTimestamp();
            if (await LookAsync(cancellationToken) is { } stores)
            {
                Volatile.Write(ref _rows, stores.Bronze);
                Compare(began, stores);
            }

            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    /// <summary>Completes when bronze has a row from <paramref name="row"/> on.</summary>
    public async Task ReachedAsync(long row, CancellationToken cancellationToken)
    {
        using PeriodicTimer timer = new(Interval);
        while (Rows < row)
        {
            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    private void Compare(long began, Stores stores)
    {
        lock (_gate)
        {
            foreach (Open open in _open)
            {
                if (open.Base is null)
                {
                    open.Base = began >= open.Down ? stores : null;
                }
                else if (stores.Bronze > open.Base.Bronze && stores.Online > open.Base.Features)
                {
                    open.Closed = true;
                    _recoveries.Add(new Recovery(open.Kind, time.GetElapsedTime(open.Struck)));
                }
            }

            _open.RemoveAll(open => open.Closed);
        }
    }

    private async Task<Stores?> LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using NpgsqlCommand command = database.CreateCommand(
                """
                select (select coalesce(max(position), 0) from bronze.sink_source where sink = 'bronze' and source like 'file:%'),
                    (select coalesce(sum(version), 0)::bigint from features.sink_partition where sink = 'features')
                """
            );
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            return new Stores(reader.GetInt64(0), reader.GetInt64(1), await OnlineAsync());
        }
        catch (NpgsqlException)
        {
            // PostgreSQL is away, or the host has not made its tables yet.
            return null;
        }
    }

    /// <summary>The sum of the partitions' versions in Redis; less than any while it is away.</summary>
    private async Task<long> OnlineAsync()
    {
        try
        {
            RedisValue[] versions = await redis.HashValuesAsync("fs:applied").WaitAsync(Patience);
            return versions.Sum(version => long.Parse(((string)version!).Split('~')[0], CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            return -1;
        }
    }

    private sealed record Stores(long Bronze, long Features, long Online);

    /// <summary>A fault that is not recovered from. <see cref="Base"/> is what the stores had when it was over them.</summary>
    private sealed class Open(FaultKind kind, long struck, long down)
    {
        public FaultKind Kind => kind;

        public long Struck => struck;

        public long Down => down;

        public Stores? Base { get; set; }

        public bool Closed { get; set; }
    }
}
