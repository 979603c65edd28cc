using Npgsql;
using NpgsqlTypes;

namespace Fecom.Validation.BrowseLetters;

/// <summary>What letters are counted by.</summary>
internal enum CountBy
{
    Rule,
    Source,
    Hour,
}

/// <summary>Which letters are counted; times count by whole hours.</summary>
/// <param name="Rule">A check that failed; null for any.</param>
/// <param name="Source">Where they came from; null for any.</param>
/// <param name="From">Refused in the hour of this time or later, UTC; null for any.</param>
/// <param name="To">Refused before this time, its hour included when it has begun, UTC; null for any.</param>
internal sealed record CountFilter(string? Rule, string? Source, DateTime? From, DateTime? To);

/// <summary>Reads the counts that are kept beside the letters.</summary>
internal sealed class CountTable(NpgsqlDataSource database)
{
    /// <summary>Most counts of an answer.</summary>
    public const int MostCounts = 1_000;

    // A letter stands once under the rule '', and once under each rule that it broke.
    private const string Where = """
        ($1::text is null or source = $1)
        and ($2::timestamptz is null or hour >= date_trunc('hour', $2, 'UTC')) and ($3::timestamptz is null or hour < $3)
        """;

    public async Task<InvalidEventCounts> CountAsync(CountBy by, CountFilter filter, CancellationToken cancellationToken)
    {
        string key = by switch
        {
            CountBy.Rule => "rule",
            CountBy.Source => "source",
            _ => """to_char(hour at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')""",
        };
        string rules = filter.Rule is not null ? "rule = $4" : by == CountBy.Rule ? "rule <> ''" : "rule = ''";
        string order = by == CountBy.Hour ? "1" : "2 desc, 1";
        await using NpgsqlBatch batch = database.CreateBatch();
        batch.BatchCommands.Add(
            Command($"select {key}, sum(letters)::bigint from validation.invalid_count where {Where} and {rules} group by 1 order by {order} limit {MostCounts}", filter)
        );
        batch.BatchCommands.Add(
            Command($"select coalesce(sum(letters), 0)::bigint from validation.invalid_count where {Where} and rule = coalesce($4::text, '')", filter)
        );
        List<InvalidEventCount> counts = [];
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            counts.Add(new(reader.GetString(0), reader.GetInt64(1)));
        }

        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new(by.ToString().ToLowerInvariant(), reader.GetInt64(0), counts);
    }

    private static NpgsqlBatchCommand Command(string sql, CountFilter filter) =>
        new(sql)
        {
            Parameters =
            {
                Optional(filter.Source, NpgsqlDbType.Text),
                Optional(filter.From, NpgsqlDbType.TimestampTz),
                Optional(filter.To, NpgsqlDbType.TimestampTz),
                Optional(filter.Rule, NpgsqlDbType.Text),
            },
        };

    private static NpgsqlParameter Optional(object? value, NpgsqlDbType type) => new() { Value = value ?? DBNull.Value, NpgsqlDbType = type };
}
