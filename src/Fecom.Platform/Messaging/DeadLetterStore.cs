using Fecom.Contracts;
using MassTransit;
using Npgsql;

namespace Fecom.Platform.Messaging;

/// <summary>Keeps what the dead-letter topics carry in <c>platform.dead_letter</c>. Taking a letter twice changes nothing.</summary>
internal sealed class DeadLetterStore(NpgsqlDataSource database) : IConsumer<TopicBatch<DeadLetter>>
{
    public async Task Consume(ConsumeContext<TopicBatch<DeadLetter>> context)
    {
        await using NpgsqlBatch batch = database.CreateBatch();
        foreach (TopicMessage<DeadLetter> message in context.Message.Messages)
        {
            batch.BatchCommands.Add(Insert(message.Value));
        }

        await batch.ExecuteNonQueryAsync(context.CancellationToken);
    }

    private static NpgsqlBatchCommand Insert(DeadLetter letter) =>
        new(
            """
            insert into platform.dead_letter (endpoint, topic, partition, message_offset, reason, key, original, failed_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing
            """
        )
        {
            Parameters =
            {
                new() { Value = letter.Endpoint },
                new() { Value = letter.Topic },
                new() { Value = letter.Partition },
                new() { Value = letter.Offset },
                new() { Value = letter.Reason },
                new() { Value = letter.Key },
                new() { Value = letter.Original },
                new() { Value = letter.FailedAt },
            },
        };
}
