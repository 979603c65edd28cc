using Fecom.Platform.Hosts;
using Fecom.Platform.Services;

namespace Fecom.Platform.Messaging;

/// <summary>Sends the letters that somebody asked for back to their endpoints, on one host at a time, and notes those that were taken.</summary>
internal sealed class ReplayLetters(
    Supervision supervision,
    HostLease lease,
    DeadLetterTable table,
    EndpointStatuses endpoints,
    ITopicProducer producer,
    IPipelineBarrier barrier,
    TimeProvider time
) : SupervisedService(supervision, "the replay of dead letters")
{
    private const int MostAtOnce = 500;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override Task RunAsync(CancellationToken stoppingToken) => lease.HoldAsync(LockKeys.ReplayLetters, Name, ReplayAsync, stoppingToken);

    /// <summary>An outage ends this, and the lease begins again: what was sent and not noted is sent again and known by its number.</summary>
    private async Task ReplayAsync(CancellationToken cancellationToken)
    {
        // An endpoint that this version of the host does not have keeps its letters.
        Dictionary<string, string> topics = endpoints
            .All.Where(status => status.Definition.ReplayTopic is not null)
            .ToDictionary(status => status.Definition.Name, status => status.Definition.ReplayTopic!, StringComparer.Ordinal);
        using PeriodicTimer timer = new(Interval, time);
        do
        {
            var waiting = await table.NumberAsync([.. topics.Keys], MostAtOnce, cancellationToken);
            foreach (var letters in waiting.GroupBy(letter => topics[letter.Letter.Endpoint], StringComparer.Ordinal))
            {
                await producer.SendAsync(letters.Key, [.. letters.Select(letter => Message(letter.Number, letter.Letter))], cancellationToken);
                await barrier.PassAsync(letters.Key, cancellationToken);
                await table.CompleteAsync([.. letters.Select(letter => letter.Letter.Id)], cancellationToken);
            }
        } while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    private static OutgoingMessage Message(long number, KeptLetter letter) =>
        new(
            letter.Key,
            TopicJson.Write(
                new ReplayedLetter
                {
                    Number = number,
                    Key = letter.Key,
                    Original = letter.Original,
                    FailedAt = letter.FailedAt,
                }
            )
        );
}
