using Fecom.Contracts;
using Fecom.Validation.ReadEvents;
using Npgsql;

namespace Fecom.Validation.KeepInvalidEvents;

/// <summary>Links invalid events that were resent and are still invalid with the ones that they were before, in both directions.</summary>
internal static class ReturnedInvalidEvents
{
    public static IEnumerable<NpgsqlBatchCommand> Link(IReadOnlyList<InvalidEvent> invalidEvents)
    {
        long[] numbers =
        [
            .. invalidEvents
                .Where(invalidEvent => ResentEvents.Sources.Contains(invalidEvent.Source))
                .Select(invalidEvent => invalidEvent.Position),
        ];
        if (numbers.Length == 0)
        {
            yield break;
        }

        yield return Command(
            """
            update validation.invalid_event again set resend_of = before.id from validation.invalid_event before
            where again.source = any($1) and again.position = any($2) and before.resend_number = again.position
            """,
            numbers
        );
        yield return Command(
            """
            update validation.invalid_event before set returned_as = again.id from validation.invalid_event again
            where again.source = any($1) and again.position = any($2) and before.resend_number = again.position
            """,
            numbers
        );
    }

    private static NpgsqlBatchCommand Command(string sql, long[] numbers) =>
        new(sql)
        {
            Parameters =
            {
                new() { Value = ResentEvents.Sources },
                new() { Value = numbers },
            },
        };
}
