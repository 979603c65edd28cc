using Npgsql;

namespace Fecom.Platform.Messaging;

/// <summary>How a sink finds the rows that it has, so that it can be moved back and write only those that are gone.</summary>
/// <param name="Id">A message's identity.</param>
/// <param name="Time">A time that is stored with it, UTC: keeps the search to a part of the table.</param>
/// <param name="Select">SQL that gives the ids, among <c>$1</c> (uuid[]), of the rows whose time lies between <c>$2</c> and <c>$3</c>.</param>
public sealed record SinkRows<T>(Func<T, Guid> Id, Func<T, DateTime> Time, string Select)
    where T : class
{
    /// <summary>PostgreSQL keeps microseconds.</summary>
    private static readonly TimeSpan Rounding = TimeSpan.FromMilliseconds(1);

    /// <summary>Places of the messages whose rows are there; of two with the same identity, the second counts as there.</summary>
    internal async Task<HashSet<(int Partition, long Offset)>> ThereAsync(
        NpgsqlConnection connection,
        IReadOnlyList<TopicMessage<T>> messages,
        CancellationToken cancellationToken
    )
    {
        HashSet<Guid> known = [];
        await using NpgsqlCommand command = new(Select, connection)
        {
            Parameters =
            {
                new() { Value = messages.Select(message => Id(message.Value)).ToArray() },
                new() { Value = messages.Min(message => Time(message.Value)) - Rounding },
                new() { Value = messages.Max(message => Time(message.Value)) + Rounding },
            },
        };
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            known.Add(reader.GetGuid(0));
        }

        return
        [
            .. messages
                .Where(message => !known.Add(Id(message.Value)))
                .Select(message => (message.Partition, message.Offset)),
        ];
    }
}
