using Npgsql;

namespace Fecom.Platform.Messaging;

/// <summary>How a sink finds the rows that it has, so that after it was moved back it writes only the missing ones.</summary>
/// <param name="Id">A message's identity.</param>
/// <param name="Time">A time that is stored with it, UTC: limits the search to a part of the table.</param>
/// <param name="Select">SQL that gives the ids, among <c>$1</c> (uuid[]), of the rows whose time lies between <c>$2</c> and <c>$3</c>.</param>
public sealed record SinkRows<T>(Func<T, Guid> Id, Func<T, DateTime> Time, string Select)
    where T : class
{
    /// <summary>PostgreSQL stores microseconds, .NET 100 ns: the searched range is wider by this much.</summary>
    private static readonly TimeSpan Rounding = TimeSpan.FromMilliseconds(1);

    /// <summary>The partitions and offsets of messages whose rows exist; of two with the same identity, the second counts as existing.</summary>
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
