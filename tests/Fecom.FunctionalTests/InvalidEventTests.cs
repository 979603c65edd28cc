using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Fecom.Testing;

namespace Fecom.FunctionalTests;

/// <summary>An invalid event's way through the whole host: refused, found, mended, sent again.</summary>
public sealed class InvalidEventTests(Servers servers)
{
    private const string InvalidEvents = "/api/v1/invalid-events";

    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(240);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 600_000)]
    public async Task Events_that_are_sent_again_survive_a_host_that_is_killed_and_count_once()
    {
        await using Shop shop = await Shop.OpenAsync(servers);
        await shop.StartHostAsync();
        using (
            HttpResponseMessage answer = await shop.Http.PostAsJsonAsync(
                "/api/v1/events",
                Enumerable.Range(0, 50).Select(TooDear),
                Cancelled
            )
        )
        {
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        }

        await Poll.UntilEqualAsync(50, () => shop.CountAsync("validation.invalid_event"), TestTimeout, "refused");
        await ResendAsync(shop, new { id = 1, @event = TooDear(0) with { price = 3 } });
        await ResendAsync(shop, new { rule = "price_highest" });
        await shop.KillHostAsync();
        await shop.StartHostAsync();

        await Poll.UntilEqualAsync(
            99,
            () => shop.CountAsync("validation.invalid_event"),
            TestTimeout,
            "refused once more"
        );
        await Poll.UntilEqualAsync(1, () => shop.CountAsync($"bronze.event where price = 3"), TestTimeout, "mended");
        await Poll.UntilEqualAsync(
            0,
            () => shop.CountAsync("validation.invalid_event where resend_asked_at is not null and resent_at is null"),
            TestTimeout,
            "on their way"
        );
        JsonElement counts = await shop.Http.GetFromJsonAsync<JsonElement>(
            $"{InvalidEvents}/counts?by=source",
            Cancelled
        );
        Assert.Equal(99, counts.GetProperty("total").GetInt64());
        JsonElement mended = await shop.Http.GetFromJsonAsync<JsonElement>($"{InvalidEvents}/1", Cancelled);
        Assert.Equal("resent", mended.GetProperty("state").GetString());
    }

    [Fact(Timeout = 600_000)]
    public async Task The_calls_and_schemas_are_described_and_both_kinds_of_dead_letters_have_their_place()
    {
        await using Shop shop = await Shop.OpenAsync(servers);
        await shop.StartHostAsync();

        JsonElement paths = (
            await shop.Http.GetFromJsonAsync<JsonElement>("/swagger/v1/swagger.json", Cancelled)
        ).GetProperty("paths");
        foreach (
            string path in new[]
            {
                InvalidEvents,
                $"{InvalidEvents}/{{id}}",
                $"{InvalidEvents}/counts",
                $"{InvalidEvents}/resend",
                "/api/v1/dead-letters",
                "/api/v1/dead-letters/resend",
                "/api/v1/schemas/{name}/{version}",
            }
        )
        {
            Assert.True(paths.TryGetProperty(path, out _), path);
        }

        JsonElement schemas = await shop.Http.GetFromJsonAsync<JsonElement>("/api/v1/schemas", Cancelled);
        foreach (JsonElement schema in schemas.GetProperty("schemas").EnumerateArray())
        {
            using HttpResponseMessage answer = await shop.Http.GetAsync(
                new Uri(schema.GetProperty("newest").GetString()!, UriKind.Relative),
                Cancelled
            );
            JsonElement document = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancelled);
            bool isAvro = schema.GetProperty("name").GetString() == "behavior_event_avro";
            Assert.Equal(
                isAvro ? "application/json" : "application/schema+json",
                answer.Content.Headers.ContentType?.MediaType
            );
            Assert.Equal(
                isAvro ? "record" : "https://json-schema.org/draft/2020-12/schema",
                document.GetProperty(isAvro ? "type" : "$schema").GetString()
            );
        }

        using HttpResponseMessage unknown = await shop.Http.GetAsync(
            new Uri("/api/v1/schemas/behavior_event/9", UriKind.Relative),
            Cancelled
        );
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        using HttpResponseMessage invalidEvents = await shop.Http.GetAsync(
            new Uri("/api/v1/dead-letters", UriKind.Relative),
            Cancelled
        );
        Assert.Equal(HttpStatusCode.OK, invalidEvents.StatusCode);
    }

    /// <summary>The right shape, and a price above the highest.</summary>
    private static Sent TooDear(int user) =>
        new("2026-01-01T00:00:00Z", "view", 1, 1_000_000_000_000m, $"u{user}", "s");

    private static async Task ResendAsync(Shop shop, object request)
    {
        using HttpResponseMessage answer = await shop.Http.PostAsJsonAsync(
            $"{InvalidEvents}/resend",
            request,
            Cancelled
        );
        Assert.True(answer.StatusCode == HttpStatusCode.Accepted, await answer.Content.ReadAsStringAsync(Cancelled));
    }

    private sealed record Sent(
        string event_time,
        string event_type,
        int product_id,
        decimal price,
        string user_id,
        string user_session
    );
}
