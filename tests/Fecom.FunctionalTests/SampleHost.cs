using System.Net.Http.Json;
using System.Text.Json;
using Fecom.Testing;

namespace Fecom.FunctionalTests;

/// <summary>A host as <c>./fecom up</c> leaves it: with the sample's events in every store, and both models trained.</summary>
public sealed class SampleHost(Servers servers) : IAsyncLifetime
{
    /// <summary>Passes the first check of <c>POST /events</c>, and validation refuses it for its time.</summary>
    private const string Invalid = """
        {"event_time":"1999-01-01T00:00:00Z","event_type":"view","product_id":"1","price":1.5,"user_id":"1","user_session":"1"}
        """;

    private Shop? _shop;

    internal HttpClient Http => _shop!.Http;

    /// <summary>The description, as it is once there is something of each kind that it shows.</summary>
    internal JsonElement Description { get; private set; }

    public async ValueTask InitializeAsync()
    {
        _shop = await Shop.OpenAsync(servers);
        File.Copy(Path.Combine(Repository.Root, "data", "raw", "sample.csv"), $"{_shop.Raw}/sample.csv");
        await _shop.StartHostAsync();
        await Poll.UntilEqualAsync(2, ChampionsAsync, TimeSpan.FromSeconds(90), "models that serve");
        await PostAsync("/api/v1/events", Invalid);
        await PostAsync("/api/v1/ingestion/runs", """{"source":"file"}""");
        await Poll.UntilEqualAsync(
            1,
            async () => (await GetAsync("/api/v1/invalid-events")).GetProperty("invalid_events").GetArrayLength(),
            TimeSpan.FromSeconds(60),
            "invalid events"
        );
        Description = await GetAsync("/swagger/v1/swagger.json");
    }

    public async ValueTask DisposeAsync()
    {
        if (_shop is not null)
        {
            await _shop.DisposeAsync();
        }
    }

    private Task<JsonElement> GetAsync(string address) => Http.GetFromJsonAsync<JsonElement>(address);

    private async Task PostAsync(string address, string body)
    {
        using StringContent content = new(body, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json"));
        using HttpResponseMessage answer = await Http.PostAsync(new Uri(address, UriKind.Relative), content);
        answer.EnsureSuccessStatusCode();
    }

    private async Task<int> ChampionsAsync() =>
        (await GetAsync("/api/v1/models"))
            .GetProperty("models")
            .EnumerateArray()
            .Count(model =>
                model
                    .GetProperty("aliases")
                    .EnumerateArray()
                    .Any(alias => alias.GetProperty("alias").GetString() == "champion")
            );
}
