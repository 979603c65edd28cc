using Fecom.Platform.Hosts;
using Fecom.Platform.Services;
using Microsoft.Extensions.Logging;

namespace Fecom.Platform.Messaging;

/// <summary>Sends requested letters back to their endpoints, on one host at a time, and records those that were processed.</summary>
internal sealed partial class ResendDeadLetters(
    Supervision supervision,
    HostLease lease,
    DeadLetterTable table,
    EndpointStatuses endpoints,
    TopicProducer producer,
    PipelineBarrier barrier,
    Notices notices,
    ILogger<ResendDeadLetters> logger
) : SupervisedService(supervision, "the resend of dead letters")
{
    private const int MaxBatch = 500;

    /// <summary>Somebody has asked for letters to be resent.</summary>
    internal const string Asked = "dead_letters";

    protected override Task RunAsync(CancellationToken stoppingToken) =>
        lease.HoldAsync(LockKeys.ResendDeadLetters, Name, ResendAsync, stoppingToken);

    /// <summary>An outage ends this, and the lease starts it again: what was sent and not recorded is sent again, and recognised by its resend number.</summary>
    private async Task ResendAsync(CancellationToken cancellationToken)
    {
        // An endpoint that this version of the host does not have keeps its letters.
        Dictionary<string, string> topics = endpoints
            .All.Where(status => status.Definition.ResendTopic is not null)
            .ToDictionary(
                status => status.Definition.Name,
                status => status.Definition.ResendTopic!,
                StringComparer.Ordinal
            );
        using Notice asked = notices.Follow(Asked);
        while (true)
        {
            var waiting = await table.NumberAsync([.. topics.Keys], MaxBatch, cancellationToken);
            foreach (var letters in waiting.GroupBy(letter => topics[letter.Letter.Endpoint], StringComparer.Ordinal))
            {
                await ResendAsync(letters.Key, [.. letters], cancellationToken);
            }

            // A full batch may have others behind it.
            if (waiting.Count < MaxBatch)
            {
                await asked.WaitAsync(cancellationToken);
            }
        }
    }

    private async Task ResendAsync(
        string topic,
        IReadOnlyList<(long Number, KeptDeadLetter Letter)> letters,
        CancellationToken cancellationToken
    )
    {
        List<OutgoingMessage> messages = [];
        List<long> sent = [];
        List<long> tooLarge = [];
        foreach ((long number, KeptDeadLetter letter) in letters)
        {
            OutgoingMessage message = Message(number, letter);
            bool fits = message.Value.Length + (message.Key?.Length ?? 0) <= producer.MaxBytes(topic);
            (fits ? sent : tooLarge).Add(letter.Id);
            if (fits)
            {
                messages.Add(message);
            }
        }

        if (tooLarge.Count > 0)
        {
            await table.KeepBackAsync([.. tooLarge], cancellationToken);
            LogTooLarge(string.Join(", ", tooLarge), topic, producer.MaxBytes(topic));
        }

        await producer.SendAsync(topic, messages, cancellationToken);
        await barrier.PassAsync(topic, cancellationToken);
        await table.CompleteAsync([.. sent], cancellationToken);
    }

    [LoggerMessage(
        LogLevel.Warning,
        "Dead letters {Letters} stay where they are: {Topic} takes messages of {Bytes} bytes; with a larger max.message.bytes they can be resent"
    )]
    private partial void LogTooLarge(string letters, string topic, int bytes);

    private static OutgoingMessage Message(long number, KeptDeadLetter letter) =>
        new(
            letter.Key,
            TopicJson.Write(
                new ResentDeadLetter
                {
                    Number = number,
                    Key = letter.Key,
                    Original = letter.Original,
                    FailedAt = letter.FailedAt,
                }
            )
        );
}
