using StackExchange.Redis;

namespace Fecom.Platform.Storage;

/// <summary>The process's one connection to Redis, made at first use and again by itself after an outage.</summary>
public sealed class RedisConnection : IAsyncDisposable
{
    /// <summary>How long a command waits for its answer before it ends in a <see cref="RedisTimeoutException"/>: 5 s.</summary>
    public static readonly TimeSpan CommandTimeout = TimeSpan.FromSeconds(5);

    /// <summary>How long a first connection is waited for; after that the client goes on trying in the background.</summary>
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    private readonly ConfigurationOptions _options;
    private readonly Lock _gate = new();
    private Task<ConnectionMultiplexer>? _multiplexer;

    /// <param name="configuration">StackExchange.Redis' notation: <c>host:port,password=…</c>.</param>
    public RedisConnection(string configuration)
    {
        _options = ConfigurationOptions.Parse(configuration);
        _options.AbortOnConnectFail = false;
        _options.ClientName = "fecom";
        _options.ConnectRetry = 1;
        _options.ConnectTimeout = (int)ConnectTimeout.TotalMilliseconds;
        _options.SyncTimeout = _options.AsyncTimeout = (int)CommandTimeout.TotalMilliseconds;
        // Whoever calls has a better answer than a late one: a fallback, a 503, or to begin again at what Redis has by then.
        _options.BacklogPolicy = BacklogPolicy.FailFast;
        // Keys and the state of thread pools help nobody who reads a log or a health check.
        _options.IncludeDetailInExceptions = false;
    }

    /// <summary>
    /// The database. A command on it fails at once with <see cref="RedisConnectionException"/> while Redis is away, and after
    /// <see cref="CommandTimeout"/> when Redis does not answer.
    /// </summary>
    public async ValueTask<IDatabase> DatabaseAsync() => (await MultiplexerAsync()).GetDatabase();

    /// <summary>The connection itself. Whether it is connected or not, it is here within 2 s.</summary>
    public Task<ConnectionMultiplexer> MultiplexerAsync()
    {
        lock (_gate)
        {
            return _multiplexer is { IsFaulted: false }
                ? _multiplexer
                : _multiplexer = ConnectionMultiplexer.ConnectAsync(_options);
        }
    }

    /// <summary>
    /// Why a command failed. The connection itself says of a password that was changed no more than that a socket was closed, so
    /// one more is tried: its refusal has Redis' own words.
    /// </summary>
    public async Task<Exception> CauseAsync(Exception exception)
    {
        if (exception is not RedisConnectionException)
        {
            return exception;
        }

        ConfigurationOptions options = _options.Clone();
        options.AbortOnConnectFail = true;
        try
        {
            await using ConnectionMultiplexer trial = await ConnectionMultiplexer.ConnectAsync(options);
            return exception;
        }
        catch (RedisConnectionException e)
        {
            return e.FailureType == ConnectionFailureType.AuthenticationFailure ? e : exception;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_multiplexer is { IsFaulted: false })
        {
            await (await _multiplexer).DisposeAsync();
        }
    }
}
