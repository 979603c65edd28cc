using Dapper;
using Fecom.Platform.Requests;
using Npgsql;

namespace Fecom.Validation.BrowseInvalidEvents;

/// <summary>What invalid events are counted by.</summary>
internal enum CountBy
{
    Rule,
    Source,
    Hour,
}

/// <summary>Which invalid events are counted; times count by whole hours.</summary>
/// <param name="Rule">A check that failed; null for any.</param>
/// <param name="Source">Where they came from; null for any.</param>
/// <param name="From">Refused in the hour of this time or later, UTC; null for any.</param>
/// <param name="To">Refused before this time, its hour included when it has begun, UTC; null for any.</param>
internal sealed record CountFilter(string? Rule, string? Source, DateTime? From, DateTime? To);

/// <summary>Reads the counts that are kept beside the invalid events.</summary>
internal sealed class CountTable(NpgsqlDataSource database)
{
    // An invalid event is counted once under the rule '', and once under each rule that it broke.
    private const string Where = """
        (@Source::text is null or source = @Source)
        and (@From::timestamptz is null or hour >= date_trunc('hour', @From, 'UTC')) and (@To::timestamptz is null or hour < @To)
        """;

    public async Task<InvalidEventCounts> CountAsync(
        CountBy by,
        CountFilter filter,
        PageQuery page,
        CancellationToken cancellationToken
    )
    {
        string key = by switch
        {
            CountBy.Rule => "rule",
            CountBy.Source => "source",
            _ => """to_char(hour at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')""",
        };
        string rules =
            filter.Rule is not null ? "rule = @Rule"
            : by == CountBy.Rule ? "rule <> ''"
            : "rule = ''";
        string order = by == CountBy.Hour ? "1" : "2 desc, 1";
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using SqlMapper.GridReader answer = await connection.QueryMultipleAsync(
            new CommandDefinition(
                $"""
                select {key} as key, sum(events)::bigint as events from validation.invalid_count where {Where} and {rules}
                group by 1 order by {order} limit {page.Wanted} offset {page.Skip};
                select coalesce(sum(events), 0)::bigint from validation.invalid_count where {Where} and rule = coalesce(@Rule::text, '')
                """,
                filter,
                cancellationToken: cancellationToken
            )
        );
        Page<InvalidEventCount> counts = page.Of((await answer.ReadAsync<InvalidEventCount>()).AsList());
        return new(by.ToString().ToLowerInvariant(), await answer.ReadSingleAsync<long>(), counts.Items, counts.Next);
    }
}
