using Fecom.Contracts;
using Fecom.Platform.Hosts;
using Fecom.Platform.Messaging;
using Fecom.Platform.Services;
using Microsoft.Extensions.Options;

namespace Fecom.Serving.TellFeedback;

/// <summary>
/// Joins feedback to the answers that it names and sends it to <see cref="Topics.Feedback"/>, on one host at a time and in the
/// order of its numbers. What not every sink is known to have is sent again after a restart; the sinks skip what they have.
/// </summary>
internal sealed class FeedbackRelay(
    Supervision supervision,
    HostLease lease,
    UntoldFeedback untold,
    ITopicProducer producer,
    IPipelineBarrier barrier,
    IOptions<FeedbackOptions> options,
    TimeProvider time
) : SupervisedService(supervision, "the feedback on recommendations")
{
    private const int MaxBatch = 2_000;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>While none has come for a while.</summary>
    private static readonly TimeSpan IdleInterval = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(30);

    /// <summary>An answer is written some tenths of a second after it was given; by then it is there, or was lost.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(3);

    protected override Task RunAsync(CancellationToken stoppingToken) =>
        lease.HoldAsync(ServingLocks.TellFeedback, Name, TellAsync, stoppingToken);

    private async Task TellAsync(CancellationToken cancellationToken)
    {
        using PeriodicTimer timer = new(Interval, time);
        long last = time.GetTimestamp();
        do
        {
            int told;
            do
            {
                told = await TellSomeAsync(cancellationToken);
                last = told > 0 ? time.GetTimestamp() : last;
            } while (told == MaxBatch);

            timer.Period = time.GetElapsedTime(last) < Idle ? Interval : IdleInterval;
        } while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    /// <returns>How many there were.</returns>
    private async Task<int> TellSomeAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<GivenFeedback> given = await untold.NextAsync(
            time.GetUtcNow().UtcDateTime - Settled,
            MaxBatch,
            cancellationToken
        );
        if (given.Count == 0)
        {
            return 0;
        }

        await producer.SendAsync(
            Topics.Feedback,
            [.. given.Select(one => one.ToMessage(options.Value.AttributionWindow))],
            cancellationToken
        );
        await barrier.PassAsync(Topics.Feedback, cancellationToken);
        await untold.ToldAsync(given[^1].Seq, cancellationToken);
        return given.Count;
    }
}
