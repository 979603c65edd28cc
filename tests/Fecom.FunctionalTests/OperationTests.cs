using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Fecom.Testing;

namespace Fecom.FunctionalTests;

/// <summary>What a data engineer does with a pipeline that runs.</summary>
public sealed class OperationTests(Servers servers)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory(Timeout = 600_000)]
    [InlineData(KafkaKind.Embedded)]
    [InlineData(KafkaKind.Real)]
    public async Task A_sink_that_is_moved_to_the_start_writes_what_is_gone_and_nothing_twice(KafkaKind kafka)
    {
        await using Shop shop = await Shop.OpenAsync(servers, kafka);
        await HostProcess.RunToolAsync(
            "generate",
            "--events",
            "10000",
            "--seed",
            "31",
            "--out",
            $"{shop.Raw}/events.csv"
        );
        await shop.StartHostAsync();
        await shop.LoadedAsync("events.csv");
        Oracle oracle = await shop.OracleAsync("events.csv");

        await MoveAsync(shop, "bronze");
        await MoveAsync(shop, "features");
        await shop.AssertStoresAsync(oracle);

        await shop.ExecuteAsync("delete from bronze.event where product_id < '4'");
        Assert.InRange(await shop.CountAsync("bronze.event"), 1, oracle.Count - 1);
        await MoveAsync(shop, "bronze");
        await shop.AssertStoresAsync(oracle);
    }

    [Fact(Timeout = 300_000)]
    public async Task A_move_that_cannot_be_made_says_why()
    {
        await using Shop shop = await Shop.OpenAsync(servers);
        await shop.StartHostAsync();

        foreach (
            (string endpoint, object body, HttpStatusCode status, string word) in new (
                string,
                object,
                HttpStatusCode,
                string
            )[]
            {
                ("nobody", new { to = "start" }, HttpStatusCode.NotFound, "bronze"),
                ("bronze", new { to = "yesterday" }, HttpStatusCode.BadRequest, "RFC 3339"),
                ("bronze", new { to = "start", partitions = new[] { 12 } }, HttpStatusCode.BadRequest, "0 to 11"),
            }
        )
        {
            using HttpResponseMessage answer = await shop.Http.PostAsJsonAsync(
                $"/api/v1/pipeline/endpoints/{endpoint}/offsets",
                body,
                Cancelled
            );
            Assert.Equal(status, answer.StatusCode);
            Assert.Contains(word, await answer.Content.ReadAsStringAsync(Cancelled), StringComparison.Ordinal);
        }
    }

    /// <summary>Moves every partition to its start and waits until the endpoint has read all of it again.</summary>
    private static async Task MoveAsync(Shop shop, string endpoint)
    {
        Uri offsets = new($"/api/v1/pipeline/endpoints/{endpoint}/offsets", UriKind.Relative);
        using HttpResponseMessage answer = await shop.Http.PostAsJsonAsync(offsets, new { to = "start" }, Cancelled);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        await Poll.UntilAsync(
            async () =>
                (await shop.Http.GetFromJsonAsync<JsonElement>(offsets, Cancelled))
                    .GetProperty("moves")
                    .EnumerateArray()
                    .All(move => move.GetProperty("state").GetString() == "completed"),
            TimeSpan.FromSeconds(240),
            $"{endpoint} was not moved"
        );
        await Poll.UntilAsync(
            async () =>
                (await shop.Http.GetFromJsonAsync<JsonElement>("/api/v1/pipeline", Cancelled))
                    .GetProperty("endpoints")
                    .EnumerateArray()
                    .Single(entry => entry.GetProperty("name").GetString() == endpoint)
                    .GetProperty("lag")
                    .GetInt64() == 0,
            TimeSpan.FromSeconds(240),
            $"{endpoint} did not read its topic again"
        );
    }
}
