using Fecom.Platform.Hosts;
using Fecom.Platform.Messaging;
using Fecom.Platform.Services;

namespace Fecom.Validation.ResendInvalidEvents;

/// <summary>
/// Sends invalid events to the raw topic again, or to that of the changes, on one host at a time. An invalid event is done once every sink behind the topic has
/// its outcome; after a restart all that is left is sent again, and the sinks skip what they have.
/// </summary>
internal sealed class ResendService(
    Supervision supervision,
    HostLease lease,
    InvalidEventsToResend invalidEvents,
    ITopicProducer producer,
    IPipelineBarrier barrier,
    Notices notices
) : SupervisedService(supervision, "the resend of invalid events")
{
    /// <summary>Somebody has asked for invalid events to be resent.</summary>
    internal const string Asked = "invalid_events";

    protected override Task RunAsync(CancellationToken stoppingToken) =>
        lease.HoldAsync(ValidationLocks.Resend, Name, ResendAsync, stoppingToken);

    /// <summary>An outage ends this, and the lease starts it again.</summary>
    private async Task ResendAsync(CancellationToken cancellationToken)
    {
        using Notice asked = notices.Follow(Asked);
        while (true)
        {
            while (await invalidEvents.NextAsync(cancellationToken) is { Count: > 0 } next)
            {
                foreach (
                    IGrouping<string, InvalidEventToResend> topic in next.GroupBy(
                        invalidEvent => invalidEvent.Topic,
                        StringComparer.Ordinal
                    )
                )
                {
                    await producer.SendAsync(
                        topic.Key,
                        [.. topic.Select(invalidEvent => invalidEvent.Message)],
                        cancellationToken
                    );
                    await barrier.PassAsync(topic.Key, cancellationToken);
                }

                await invalidEvents.CompleteAsync([.. next.Select(invalidEvent => invalidEvent.Id)], cancellationToken);
            }

            await asked.WaitAsync(cancellationToken);
        }
    }
}
