using System.Net.Http.Json;
using System.Text.Json;
using Fecom.Testing;
using Npgsql;

namespace Fecom.FunctionalTests;

/// <summary>The whole host on a shop that has order tables and nothing else.</summary>
public sealed class OrderTableTests(Servers servers)
{
    private const int TestTimeout = 600_000;

    [Fact(Timeout = TestTimeout)]
    public async Task Order_tables_become_purchases_in_every_store_once_though_the_host_is_killed()
    {
        await using Shop shop = await Shop.OpenAsync(servers);
        await HostProcess.RunToolAsync("generate", "--fecom", shop.Raw, "--orders", "20000", "--seed", "5");
        HashSet<string> bought =
        [
            .. File.ReadLines($"{shop.Raw}/Fecom Inc Orders.csv")
                .Skip(1)
                .Select(line => line.Split(';'))
                .Where(order => order[2] is not ("canceled" or "unavailable"))
                .Select(order => order[0]),
        ];
        Assert.InRange(bought.Count, 19_000, 19_999);
        int items = File.ReadLines($"{shop.Raw}/Fecom Inc Order Items.csv")
            .Count(line => bought.Contains(line.Split(';')[0]));
        long seen = 0;
        for (int kill = 0; kill < 2; kill++)
        {
            await shop.StartHostAsync();
            long goal = seen + 4_000;
            await Poll.UntilAsync(
                async () => (seen = await shop.CountAsync("bronze.event")) >= goal,
                TimeSpan.FromSeconds(240),
                $"bronze did not grow beyond {goal}"
            );
            await shop.KillHostAsync();
        }

        await shop.StartHostAsync();
        await Poll.UntilAsync(
            async () => await PurchasedAsync(shop) == items,
            TimeSpan.FromSeconds(240),
            "the purchases are not all through"
        );
        Assert.Equal(items, await shop.CountAsync("bronze.event"));
        Assert.Equal(items, await shop.CountAsync("bronze.validated_event"));
        Assert.Equal(
            items,
            await CountAsync(
                shop,
                "select count(distinct event_id) from bronze.event where event_type = 'purchase' and source = 'purchases:fecom'"
            )
        );
        Assert.Equal(bought.Count, await CountAsync(shop, "select count(distinct user_session) from bronze.event"));
        Assert.Equal(
            0,
            await shop.CountAsync("validation.invalid_event") + await shop.CountAsync("platform.dead_letter")
        );
        Assert.InRange(await RecommendedAsync(shop), 1, 5);
    }

    private static async Task<long> PurchasedAsync(Shop shop)
    {
        JsonElement body = await shop.Http.GetFromJsonAsync<JsonElement>("/api/v1/ingestion/sources");
        JsonElement source = body.GetProperty("sources")
            .EnumerateArray()
            .FirstOrDefault(source => source.GetProperty("name").GetString() == "purchases:fecom");
        return source.ValueKind == JsonValueKind.Object && source.GetProperty("state").GetString() == "completed"
            ? source.GetProperty("position").GetInt64()
            : 0;
    }

    private static async Task<int> RecommendedAsync(Shop shop)
    {
        JsonElement body = await shop.Http.GetFromJsonAsync<JsonElement>(
            "/api/v1/recommendations/trending?count=5",
            TestContext.Current.CancellationToken
        );
        return body.GetProperty("items").GetArrayLength();
    }

    private static async Task<long> CountAsync(Shop shop, string sql)
    {
        await using NpgsqlCommand command = shop.Database.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
