using System.Net.Http.Json;
using System.Text.Json;
using Fecom.Benchmarks.Load;
using Fecom.Benchmarks.Pipeline;
using Fecom.Testing;

namespace Fecom.Benchmarks.Serving;

/// <summary>Brings a host to where a shop's stands: both models trained and serving, rules set.</summary>
internal static class ServingHost
{
    private static readonly TimeSpan JobTime = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan SwapTime = TimeSpan.FromMinutes(1);

    public static async Task PrepareAsync(WholeHost host)
    {
        await RunJobAsync(host.Http, "train_recommender");
        await RunJobAsync(host.Http, "train_purchase_model");
        await SetRulesAsync(host.Http);
    }

    /// <summary>Waits until the ranker names products of a session, so that nothing lesser is measured in its place.</summary>
    /// <param name="host">The host.</param>
    /// <param name="call">A call for a recommendation.</param>
    public static Task RankerAnswersAsync(Uri host, byte[] call) =>
        Poll.UntilAsync(
            () =>
            {
                using HttpConnection connection = new(host);
                return Task.FromResult(
                    connection.Call(call) == 200 && connection.Answer.IndexOf("\"next_item\""u8) >= 0
                );
            },
            SwapTime,
            "no recommendation comes from the ranker; on these data it is no better than co-visitation, or it does not serve"
        );

    /// <summary>Starts a job and waits until it has completed.</summary>
    public static async Task RunJobAsync(HttpClient http, string job)
    {
        using HttpResponseMessage started = await http.PostAsync(
            new Uri($"/api/v1/jobs/{job}/runs", UriKind.Relative),
            null
        );
        JsonElement run = await started.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>();
        long id = run.GetProperty("id").GetInt64();
        await Poll.UntilAsync(
            async () =>
            {
                JsonElement now = await http.GetFromJsonAsync<JsonElement>($"/api/v1/jobs/{job}/runs/{id}");
                return now.GetProperty("state").GetString() switch
                {
                    "completed" => true,
                    "failed" or "cancelled" => throw new InvalidOperationException($"{job} has not completed: {now}"),
                    _ => false,
                };
            },
            JobTime,
            $"{job} does not end"
        );
    }

    /// <summary>Rules of each kind that costs something for every answer.</summary>
    private static async Task SetRulesAsync(HttpClient http)
    {
        using HttpResponseMessage set = await http.PutAsJsonAsync(
            "/api/v1/recommendation-rules",
            new
            {
                reason = "A shop's usual rules, for the benchmark",
                rule_set = new
                {
                    exclude_bought = true,
                    max_per_category = 10,
                    diversity = 0.1,
                    exploration_share = 0.05,
                    rules = new object[]
                    {
                        new
                        {
                            name = "season",
                            action = "boost",
                            categories = new[] { "apparel", "electronics" },
                            factor = 1.2,
                        },
                        new
                        {
                            name = "cheap",
                            action = "bury",
                            max_price = 5,
                            factor = 0.8,
                        },
                    },
                },
            }
        );
        set.EnsureSuccessStatusCode();
    }
}
