using StackExchange.Redis;

namespace Fecom.Platform.Storage;

/// <summary>The process's one connection to Redis, opened at first use; it reconnects by itself after an outage.</summary>
public sealed class RedisConnection : IAsyncDisposable
{
    /// <summary>How long a command waits for its answer before it ends in a <see cref="RedisTimeoutException"/>: 5 s.</summary>
    public static readonly TimeSpan CommandTimeout = TimeSpan.FromSeconds(5);

    /// <summary>How long the first connection is waited for; after that the client retries in the background.</summary>
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
        // Callers prefer a fast failure to a late answer: they have a fallback, answer 503, or reread what Redis has later.
        _options.BacklogPolicy = BacklogPolicy.FailFast;
        // Otherwise messages contain keys and thread-pool figures, which do not help a reader of logs or health checks.
        _options.IncludeDetailInExceptions = false;
    }

    /// <summary>
    /// The database. A command on it fails at once with <see cref="RedisConnectionException"/> while Redis is away, and after
    /// <see cref="CommandTimeout"/> when Redis does not answer.
    /// </summary>
    public async ValueTask<IDatabase> DatabaseAsync() => (await MultiplexerAsync()).GetDatabase();

    /// <summary>The multiplexer, connected or not, within 2 s.</summary>
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
    /// Why a command failed. After a changed password the existing connection reports only a closed socket, so
    /// another connection is tried: its exception has Redis' own message.
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
