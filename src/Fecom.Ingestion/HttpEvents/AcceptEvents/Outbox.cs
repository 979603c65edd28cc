using System.Threading.Channels;
using Fecom.Ingestion.HttpEvents.Shared;
using Fecom.Platform.Hosts;
using Fecom.Platform.Messaging;
using Fecom.Platform.Services;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Fecom.Ingestion.HttpEvents.AcceptEvents;

/// <summary>
/// Makes events durable. Calls that arrive while a transaction commits, or within a few milliseconds of the one before, go into the
/// next one together, so that one flush to disk serves all of them.
/// </summary>
internal sealed partial class Outbox(
    Supervision supervision,
    OutboxTable table,
    OutboxState state,
    Notices notices,
    IOptions<AcceptOptions> options,
    TimeProvider time,
    ILogger<Outbox> logger
) : SupervisedService(supervision, "the outbox of the API's events")
{
    private const int MaxEvents = 10_000;
    private const int MaxBytes = 4 * 1024 * 1024;

    /// <summary>
    /// Minimum time between the starts of transactions while calls are few: each costs about the same for one event as for a hundred, and so does
    /// each step after it. The first call after a pause does not wait, and neither does a group of this many events.
    /// </summary>
    private static readonly TimeSpan CommitInterval = TimeSpan.FromMilliseconds(80);
    private const int SmallGroup = 400;
    private static readonly TimeSpan GaugeAge = TimeSpan.FromSeconds(1);

    /// <summary>How often the host that relays is told that there are events: it is still awake from the time before.</summary>
    private static readonly TimeSpan TellInterval = OutboxState.Awake / 2;

    private readonly Channel<PendingEvents> _pending = Channel.CreateUnbounded<PendingEvents>(
        new UnboundedChannelOptions { SingleReader = true }
    );
    private long _began;
    private long _bytesInFlight;
    private long _backlog;
    private long _gaugedAt;
    private long? _toldAt;

    /// <summary>Bytes of the calls that are under way.</summary>
    public long BytesInFlight => Interlocked.Read(ref _bytesInFlight);

    /// <summary>Admits a call and reserves its first bytes of memory.</summary>
    /// <exception cref="BodyRefusedException">The backlog, or the memory of all calls, is at its limit.</exception>
    public async ValueTask<Admission> AdmitAsync(long bytes, CancellationToken cancellationToken)
    {
        bool lags = await LagsAsync(cancellationToken);
        Supervision.Report(
            "POST /events",
            lags
                ? $"{Interlocked.Read(ref _backlog)} accepted events are not through the pipeline yet; calls are answered 429"
                : null
        );
        if (lags)
        {
            throw new BodyRefusedException(
                StatusCodes.Status429TooManyRequests,
                "More events have been accepted than the pipeline has taken in. Send these again later."
            );
        }

        Admission admission = new(this);
        return admission.TryHold(bytes) ? admission : throw BodyRefusedException.TooMany();
    }

    /// <summary>Takes more memory for a call, or less; one call alone may take what it needs.</summary>
    /// <param name="more">How much more.</param>
    /// <param name="whole">What the call has then.</param>
    public bool TryTake(long more, long whole)
    {
        long inFlight = Interlocked.Add(ref _bytesInFlight, more);
        if (more <= 0 || inFlight <= options.Value.MaxBytesInFlight || inFlight == whole)
        {
            return true;
        }

        Interlocked.Add(ref _bytesInFlight, -more);
        return false;
    }

    /// <summary>Completes when PostgreSQL has the events.</summary>
    public async Task AppendAsync(EventBatch batch, CancellationToken cancellationToken)
    {
        PendingEvents events = new(batch, TraceContexts.Current);
        await _pending.Writer.WriteAsync(events, cancellationToken);
        await events.Durable;
    }

    private async ValueTask<bool> LagsAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Read(ref _backlog) < options.Value.MaxBacklogEvents)
        {
            return false;
        }

        if (time.GetElapsedTime(Interlocked.Read(ref _gaugedAt)) > GaugeAge)
        {
            Gauge((await state.ReadAsync(cancellationToken)).Backlog);
        }

        return Interlocked.Read(ref _backlog) >= options.Value.MaxBacklogEvents;
    }

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        using CancellationTokenRegistration stop = stoppingToken.Register(() => _pending.Writer.TryComplete());
        List<PendingEvents> group = [];
        while (await _pending.Reader.WaitToReadAsync(CancellationToken.None))
        {
            Gather(group);
            if (
                group.Sum(call => call.Count) < SmallGroup
                && CommitInterval - time.GetElapsedTime(_began) is { Ticks: > 0 } left
            )
            {
                await Task.Delay(left, time, CancellationToken.None);
                Gather(group);
            }

            _began = time.GetTimestamp();
            state.IsWriting = true;
            await WriteAsync(group);
            state.IsWriting = false;
            group.Clear();
        }
    }

    private void Gather(List<PendingEvents> group)
    {
        int events = group.Sum(call => call.Count);
        int bytes = group.Sum(call => call.Payload.Length);
        while (events < MaxEvents && bytes < MaxBytes && _pending.Reader.TryRead(out PendingEvents? call))
        {
            group.Add(call);
            events += call.Count;
            bytes += call.Payload.Length;
        }
    }

    private async Task WriteAsync(List<PendingEvents> group)
    {
        OutboxChunk? chunk;
        try
        {
            (long backlog, chunk) = await table.AppendAsync(group, Now(), CancellationToken.None);
            Gauge(backlog);
            group.ForEach(call => call.Succeed());
        }
        catch (Exception e)
        {
            // Each of these calls fails; later ones may succeed. What was committed nevertheless is to be found soon.
            LogFailed(e, group.Count);
            group.ForEach(call => call.Fail(e));
            state.Written.Set();
            return;
        }

        if (state.RelaysHere)
        {
            if (chunk is not null)
            {
                state.HandOver(chunk);
            }

            state.Written.Set();
        }
        else
        {
            await TellAsync();
        }
    }

    /// <summary>Microseconds, as PostgreSQL keeps it: an event has the same time whether it is relayed from memory or from the table.</summary>
    private DateTime Now()
    {
        DateTime now = time.GetUtcNow().UtcDateTime;
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }

    private async Task TellAsync()
    {
        if (_toldAt is { } told && time.GetElapsedTime(told) < TellInterval)
        {
            return;
        }

        try
        {
            long now = time.GetTimestamp();
            await notices.TellAsync(OutboxState.Asked, CancellationToken.None);
            _toldAt = now;
        }
        catch (Exception e) when (Outage.Is(e))
        {
            LogUntold(e.Message);
        }
    }

    private void Gauge(long backlog)
    {
        Interlocked.Exchange(ref _backlog, backlog);
        Interlocked.Exchange(ref _gaugedAt, time.GetTimestamp());
    }

    [LoggerMessage(
        LogLevel.Warning,
        "The host that relays could not be told of accepted events; it looks by itself soon: {Reason}"
    )]
    private partial void LogUntold(string reason);

    [LoggerMessage(LogLevel.Warning, "PostgreSQL did not take the events of {Calls} calls")]
    private partial void LogFailed(Exception cause, int calls);
}
