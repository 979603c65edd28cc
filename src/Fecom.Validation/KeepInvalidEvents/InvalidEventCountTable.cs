using Fecom.Contracts;
using Npgsql;

namespace Fecom.Validation.KeepInvalidEvents;

/// <summary>Counts invalid events in the transaction that keeps them, so that a count is cheap however many invalid events there are.</summary>
internal static class InvalidEventCountTable
{
    /// <summary>The rule under which each invalid event counts once, in addition to once under each rule that it broke.</summary>
    public const string AnyRule = "";

    /// <summary>An invalid event's rules, each once.</summary>
    public static string[] Rules(InvalidEvent invalidEvent) =>
        [.. invalidEvent.Errors.Select(error => error.Rule).Distinct(StringComparer.Ordinal)];

    public static NpgsqlBatchCommand Add(IReadOnlyList<InvalidEvent> invalidEvents)
    {
        Dictionary<(DateTime Hour, string Source, string Rule), long> counts = [];
        foreach (InvalidEvent invalidEvent in invalidEvents)
        {
            DateTime hour = invalidEvent.RejectedAt.Date.AddHours(invalidEvent.RejectedAt.Hour);
            foreach (string rule in Rules(invalidEvent).Append(AnyRule))
            {
                (DateTime, string, string) key = (hour, invalidEvent.Source, rule);
                counts[key] = counts.GetValueOrDefault(key) + 1;
            }
        }

        return new NpgsqlBatchCommand(
            """
            insert into validation.invalid_count (hour, source, rule, events) select * from unnest($1, $2, $3, $4)
            on conflict (hour, source, rule) do update set events = invalid_count.events + excluded.events
            """
        )
        {
            Parameters =
            {
                new() { Value = counts.Keys.Select(key => key.Hour).ToArray() },
                new() { Value = counts.Keys.Select(key => key.Source).ToArray() },
                new() { Value = counts.Keys.Select(key => key.Rule).ToArray() },
                new() { Value = counts.Values.ToArray() },
            },
        };
    }
}
