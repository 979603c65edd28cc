using Fecom.Contracts;
using Npgsql;

namespace Fecom.Validation.KeepInvalidEvents;

/// <summary>Counts letters in the transaction that keeps them, so that a count is cheap however many letters there are.</summary>
internal static class LetterCounts
{
    /// <summary>Stands for the letter as a whole: one with two errors counts once here, and once under each of its rules.</summary>
    public const string AnyRule = "";

    /// <summary>A letter's rules, each once.</summary>
    public static string[] Rules(InvalidEvent letter) => [.. letter.Errors.Select(error => error.Rule).Distinct(StringComparer.Ordinal)];

    public static NpgsqlBatchCommand Add(IReadOnlyList<InvalidEvent> letters)
    {
        Dictionary<(DateTime Hour, string Source, string Rule), long> counts = [];
        foreach (InvalidEvent letter in letters)
        {
            DateTime hour = letter.RejectedAt.Date.AddHours(letter.RejectedAt.Hour);
            foreach (string rule in Rules(letter).Append(AnyRule))
            {
                (DateTime, string, string) key = (hour, letter.Source, rule);
                counts[key] = counts.GetValueOrDefault(key) + 1;
            }
        }

        return new NpgsqlBatchCommand(
            """
            insert into validation.invalid_count (hour, source, rule, letters) select * from unnest($1, $2, $3, $4)
            on conflict (hour, source, rule) do update set letters = invalid_count.letters + excluded.letters
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
