using System.Globalization;
using Fecom.Contracts;
using Npgsql;
using StackExchange.Redis;

namespace Fecom.Testing.Chaos;

/// <summary>How long after a fault newer events were in bronze and in the online features again.</summary>
/// <param name="Kind">The fault.</param>
/// <param name="Time">From its strike.</param>
public readonly record struct Recovery(FaultKind Kind, TimeSpan Time);

/// <summary>Follows how far the stores have come, many times a second, for moments and for recoveries.</summary>
/// <param name="database">PostgreSQL, with bronze and the offline store.</param>
/// <param name="redis">The online store.</param>
/// <param name="maxFault">So long nothing may move, and two minutes more.</param>
/// <param name="time">The clock.</param>
internal sealed class ProgressWatch(NpgsqlDataSource database, IDatabase redis, TimeSpan maxFault, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(1);

    private readonly TimeSpan _stalled = TimeSpan.FromMinutes(2) + maxFault;
    private readonly Lock _gate = new();
    private readonly List<Open> _open = [];
    private readonly List<Recovery> _recoveries = [];
    private Stores _last = new(0, 0, 0, 0);
    private long _moved = time.GetTimestamp();
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
    /// <param name="kind">The fault.</param>
    /// <param name="timestamp">When it struck.</param>
    /// <param name="accepted">Posted events that the host had accepted by then.</param>
    public void Struck(FaultKind kind, long timestamp, long accepted)
    {
        lock (_gate)
        {
            _open.Add(new Open(kind, timestamp, time.GetTimestamp(), accepted));
        }
    }

    /// <summary>Looks until cancelled.</summary>
    /// <exception cref="ChaosException">No store has moved for the longest fault and two minutes.</exception>
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
                if (stores != _last)
                {
                    (_last, _moved) = (stores, began);
                }
            }

            if (time.GetElapsedTime(_moved) > _stalled)
            {
                throw new ChaosException(
                    $"nothing has moved for {_stalled.TotalSeconds:0} s, and not everything has arrived; bronze has row {Rows}"
                );
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
                    open.Base = began >= open.Down && HasCome(open, stores) ? stores : null;
                }
                else if (
                    Fault.IsOfRealBrokers(open.Kind)
                        ? stores.Online >= open.Base.Features
                        : stores.Bronze > open.Base.Bronze && stores.Online > open.Base.Features
                )
                {
                    open.Closed = true;
                    _recoveries.Add(new Recovery(open.Kind, time.GetElapsedTime(open.Struck)));
                }
            }

            _open.RemoveAll(open => open.Closed);
        }
    }

    /// <summary>
    /// Of several brokers the others still bring what was sent: only what was accepted after the strike says that all of them do again,
    /// and only once every partition has it.
    /// </summary>
    private static bool HasCome(Open open, Stores stores) =>
        !Fault.IsOfRealBrokers(open.Kind) || stores.Posted > open.Accepted;

    private async Task<Stores?> LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using NpgsqlCommand command = database.CreateCommand(
                $"""
                select (select coalesce(max(position), 0) from platform.sink_source where sink = 'bronze' and source like 'file:%'),
                    (select coalesce(sum(version), 0)::bigint from platform.sink_partition where sink = 'features'),
                    (select case when count(*) < {2 * Topics.EventPartitions} then 0 else min(position) end
                        from (
                            select sink, partition, max(position) as position
                            from platform.sink_source
                            where sink in ('bronze', 'features') and (source = 'api' or source like 'api/%')
                            group by sink, partition
                        ) as posted)
                """
            );
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            return new Stores(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2), await OnlineAsync());
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
            RedisValue[] versions = await redis.HashValuesAsync("fs:applied:1").WaitAsync(TestTimeout);
            return versions.Sum(version => long.Parse(((string)version!).Split('~')[0], CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            return -1;
        }
    }

    /// <param name="Bronze">The last line of the file in bronze.</param>
    /// <param name="Features">The sum of the versions of the offline store's partitions.</param>
    /// <param name="Posted">The posted event up to which every partition of both sinks has them.</param>
    /// <param name="Online">The sum of the versions of the online store's partitions.</param>
    private sealed record Stores(long Bronze, long Features, long Posted, long Online);

    /// <summary>A fault that is not recovered from. <see cref="Base"/> is what the stores had when it was over them.</summary>
    private sealed class Open(FaultKind kind, long struck, long down, long accepted)
    {
        public FaultKind Kind => kind;

        public long Struck => struck;

        public long Down => down;

        public long Accepted => accepted;

        public Stores? Base { get; set; }

        public bool Closed { get; set; }
    }
}
