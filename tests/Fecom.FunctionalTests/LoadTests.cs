using System.Text.Json;
using Fecom.Testing;

namespace Fecom.FunctionalTests;

/// <summary>The whole host: files in, stores equal to a slow oracle's, whatever is killed.</summary>
public sealed class LoadTests(Servers servers)
{
    private const int Patience = 240_000;

    [Fact(Timeout = Patience)]
    public async Task A_file_that_is_loaded_reaches_every_store_once()
    {
        await using Shop shop = await Shop.OpenAsync(servers);
        await HostProcess.RunToolAsync("generate", "--events", "30000", "--seed", "7", "--out", $"{shop.Raw}/events.csv");

        await shop.StartHostAsync();
        JsonElement source = await shop.LoadedAsync("events.csv");

        Assert.Equal(30_000, source.GetProperty("rows").GetInt64());
        await AssertStoresAsync(shop, await shop.OracleAsync("events.csv"));
    }

    [Fact(Timeout = Patience)]
    public async Task A_host_that_is_killed_again_and_again_in_the_middle_loses_nothing_and_doubles_nothing()
    {
        await using Shop shop = await Shop.OpenAsync(servers);
        await HostProcess.RunToolAsync("generate", "--events", "200000", "--seed", "8", "--out", $"{shop.Raw}/events.csv");

        long seen = 0;
        for (int kill = 0; kill < 3; kill++)
        {
            await shop.StartHostAsync();
            long goal = seen + 20_000;
            await Poll.UntilAsync(
                async () => (seen = await shop.CountAsync("bronze.event")) >= goal,
                TimeSpan.FromSeconds(60),
                $"bronze did not grow beyond {goal}"
            );
            await shop.KillHostAsync();
        }

        Assert.InRange(seen, 1, 199_999);
        await shop.StartHostAsync();
        await shop.LoadedAsync("events.csv");

        await AssertStoresAsync(shop, await shop.OracleAsync("events.csv"));
    }

    [Fact(Timeout = Patience)]
    public async Task The_real_October_file_loads_up_to_its_cut_line_and_every_row_is_accounted_for()
    {
        string file = $"{SharedData.FolderOrSkip()}/behaviour/2019-Oct.head.csv";
        await using Shop shop = await Shop.OpenAsync(servers);
        File.Copy(file, $"{shop.Raw}/2019-Oct.csv");

        await shop.StartHostAsync();
        JsonElement source = await shop.LoadedAsync("2019-Oct.csv");

        Assert.Equal(17_434, source.GetProperty("rows").GetInt64());
        Assert.Contains("line 17436", source.GetProperty("notice").GetString()!, StringComparison.Ordinal);
        Oracle oracle = await shop.OracleAsync("2019-Oct.csv");
        Assert.Equal(17_434, oracle.Count + await shop.CountAsync("validation.invalid_event"));
        await AssertStoresAsync(shop, oracle);
    }

    [Fact(Timeout = Patience)]
    public async Task A_mangled_row_is_kept_with_its_file_its_line_and_what_is_wrong()
    {
        await using Shop shop = await Shop.OpenAsync(servers);
        await File.WriteAllTextAsync(
            $"{shop.Raw}/mangled.csv",
            """
            event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session
            2019-10-01 00:00:00 UTC,view,44600062,2103807459595387724,,shiseido,35.79,541312140,72d76fde-8bb3-4e00-8c23-a032dfed738c
            2019-10-01 00:00:00 UTC,view,44600062,2103807459595387724,,shiseido
            2019-10-01 00:00:00 UTC,gaze,44600062,2103807459595387724,,shiseido,-1,541312140,72d76fde-8bb3-4e00-8c23-a032dfed738c

            """,
            TestContext.Current.CancellationToken
        );

        await shop.StartHostAsync();
        await shop.LoadedAsync("mangled.csv");

        Assert.Equal(1, await shop.CountAsync("bronze.event"));
        List<(long Line, string Source, string Rules)> invalid = await InvalidAsync(shop);
        Assert.Equal([(3, "well_formed"), (4, "event_type_known,price_positive")], invalid.Select(row => (row.Line, row.Rules)));
        Assert.All(invalid, row => Assert.StartsWith("file:mangled.csv@", row.Source, StringComparison.Ordinal));
    }

    private static async Task AssertStoresAsync(Shop shop, Oracle oracle)
    {
        Assert.Equal("", await oracle.DifferenceToBronzeAsync(shop.Database));
        Assert.Equal("", await oracle.DifferenceToOfflineStoreAsync(shop.Database));
        Assert.Equal("", await oracle.DifferenceToOnlineStoreAsync(shop.Redis));
        Assert.Equal(0, await shop.CountAsync("platform.dead_letter"));
    }

    private static async Task<List<(long Line, string Source, string Rules)>> InvalidAsync(Shop shop)
    {
        await using Npgsql.NpgsqlCommand command = shop.Database.CreateCommand(
            "select position, source, array_to_string(rules, ',') from validation.invalid_event order by position"
        );
        await using Npgsql.NpgsqlDataReader reader = await command.ExecuteReaderAsync();
        List<(long, string, string)> rows = [];
        while (await reader.ReadAsync())
        {
            rows.Add((reader.GetInt64(0), reader.GetString(1), reader.GetString(2)));
        }

        return rows;
    }
}
