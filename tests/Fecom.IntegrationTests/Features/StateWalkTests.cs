using Fecom.Features.StreamFeatures;
using Npgsql;

namespace Fecom.IntegrationTests.Features;

/// <summary>A walk over the states of every view, as the host does after its start to find what Redis has lost.</summary>
public sealed class StateWalkTests(Servers servers)
{
    private const int Page = 10;

    private static readonly DateTime Now = new(2026, 11, 26, 12, 0, 0, DateTimeKind.Utc);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task Each_state_is_seen_once_however_many_pages_the_views_have()
    {
        await using NpgsqlDataSource database = NpgsqlDataSource.Create(await servers.Postgres.CreateDatabaseAsync());
        await FeatureHost.MigrateAsync(database);
        HashSet<string> expected = [];
        for (int view = 0; view < StateTable.All.Count; view++)
        {
            // Full last pages, parts of one, and an empty view: 0, 7, 14 and so on.
            int states = 7 * view;
            await using NpgsqlCommand insert = database.CreateCommand(
                $"insert into {StateTable.All[view].Name} (entity, revision, updated_at, state) select lpad(n::text, 4, '0'), 1, $1, '' from generate_series(1, $2) n"
            );
            insert.Parameters.Add(new() { Value = Now.AddMinutes(-1) });
            insert.Parameters.Add(new() { Value = states });
            await insert.ExecuteNonQueryAsync(Cancelled);
            expected.UnionWith(Enumerable.Range(1, states).Select(n => $"{StateTable.All[view].View.Name}/{n:0000}"));
        }

        string?[] after = [.. StateTable.All.Select(_ => "")];
        List<string> seen = [];
        int steps = 0;
        while (Array.Exists(after, last => last is not null))
        {
            List<FeatureState> states = await OfflineStates.NextAsync(
                database,
                after,
                Page,
                Now,
                DateTime.MaxValue,
                Cancelled
            );
            seen.AddRange(states.Select(state => $"{state.View.Name}/{state.Entity}"));
            steps++;
        }

        Assert.Equal(expected.Order(StringComparer.Ordinal), seen.Order(StringComparer.Ordinal));
        // As many as the longest view has pages, and perhaps an empty one.
        Assert.InRange(steps, 1, (7 * (StateTable.All.Count - 1) / Page) + 2);
    }
}
