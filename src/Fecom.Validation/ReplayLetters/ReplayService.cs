using Fecom.Platform.Hosts;
using Fecom.Platform.Messaging;
using Fecom.Platform.Services;

namespace Fecom.Validation.ReplayLetters;

/// <summary>
/// Sends letters to the raw topic again, or to that of the changes, on one host at a time. A letter is done once every sink behind the topic has what
/// became of it; whoever begins sends all that is left again, and the sinks leave out what they have.
/// </summary>
internal sealed class ReplayService(
    Supervision supervision,
    HostLease lease,
    LettersToReplay letters,
    ITopicProducer producer,
    IPipelineBarrier barrier,
    TimeProvider time
) : SupervisedService(supervision, "the replay of invalid events")
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override Task RunAsync(CancellationToken stoppingToken) => lease.HoldAsync(LockKeys.Replay, Name, ReplayAsync, stoppingToken);

    /// <summary>An outage ends this, and the lease begins it again.</summary>
    private async Task ReplayAsync(CancellationToken cancellationToken)
    {
        using PeriodicTimer timer = new(Interval, time);
        do
        {
            while (await letters.NextAsync(cancellationToken) is { Count: > 0 } next)
            {
                foreach (IGrouping<string, LetterToReplay> topic in next.GroupBy(letter => letter.Topic, StringComparer.Ordinal))
                {
                    await producer.SendAsync(topic.Key, [.. topic.Select(letter => letter.Message)], cancellationToken);
                    await barrier.PassAsync(topic.Key, cancellationToken);
                }

                await letters.CompleteAsync([.. next.Select(letter => letter.Id)], cancellationToken);
            }
        } while (await timer.WaitForNextTickAsync(cancellationToken));
    }
}
