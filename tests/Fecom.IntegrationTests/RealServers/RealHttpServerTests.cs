using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Fecom.Testing;

namespace Fecom.IntegrationTests.RealServers;

/// <summary>The schema registry and the S3 that tests can have: each is the thing that it says, and ends with its tests.</summary>
public sealed class RealHttpServerTests(RealHttpServerFixture fixture) : IClassFixture<RealHttpServerFixture>
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task The_schema_registry_keeps_a_schema_and_refuses_a_version_that_readers_could_not_read()
    {
        using HttpClient registry = new()
        {
            BaseAddress = new Uri($"{await fixture.UrlAsync(RealHttpServerKind.SchemaRegistry)}/"),
        };
        string subject = $"events-{Guid.NewGuid():N}";

        JsonElement first = await RegisterAsync(
            registry,
            subject,
            """{"type":"record","name":"Event","fields":[{"name":"user_id","type":"string"}]}""",
            HttpStatusCode.OK
        );
        JsonElement kept = await registry.GetFromJsonAsync<JsonElement>(
            $"schemas/ids/{first.GetProperty("id").GetInt64()}",
            Cancelled
        );
        Assert.Contains("user_id", kept.GetProperty("schema").GetString(), StringComparison.Ordinal);

        using HttpResponseMessage rule = await registry.PutAsJsonAsync(
            $"config/{subject}",
            new { compatibility = "BACKWARD" },
            Cancelled
        );
        Assert.True(rule.IsSuccessStatusCode, await rule.Content.ReadAsStringAsync(Cancelled));
        await RegisterAsync(
            registry,
            subject,
            """{"type":"record","name":"Event","fields":[{"name":"user_id","type":"string"},{"name":"price","type":"double"}]}""",
            HttpStatusCode.Conflict
        );
    }

    [Fact(Timeout = 120_000)]
    public async Task The_S3_refuses_a_request_that_is_not_signed_in_the_words_of_S3()
    {
        using HttpClient s3 = new() { BaseAddress = new Uri(await fixture.UrlAsync(RealHttpServerKind.S3)) };

        using HttpResponseMessage answer = await s3.GetAsync(new Uri("/", UriKind.Relative), Cancelled);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Contains(
            "<Code>AccessDenied</Code>",
            await answer.Content.ReadAsStringAsync(Cancelled),
            StringComparison.Ordinal
        );
    }

    [Theory(Timeout = 120_000)]
    [InlineData("schema-registry")]
    [InlineData("s3")]
    public async Task A_server_ends_with_its_tests(string folder)
    {
        RealHttpServerKind kind = new[] { RealHttpServerKind.SchemaRegistry, RealHttpServerKind.S3 }.Single(kind =>
            kind.Script.StartsWith(folder, StringComparison.Ordinal)
        );
        Assert.SkipWhen(
            Environment.GetEnvironmentVariable(kind.Variable) is { Length: > 0 },
            "a server that was there before is left alone"
        );
        Assert.SkipWhen(RealHttpServer.Missing(kind) is not null, RealHttpServer.Missing(kind) ?? "");
        using HttpClient http = new();
        string url;
        await using (RealHttpServer server = await RealHttpServer.StartAsync(kind))
        {
            url = server.Url;
            using HttpResponseMessage answer = await http.GetAsync(new Uri(url), Cancelled);
            Assert.True((int)answer.StatusCode < 500, $"{url} answered {answer.StatusCode}");
        }

        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(new Uri(url), Cancelled));
    }

    private static async Task<JsonElement> RegisterAsync(
        HttpClient registry,
        string subject,
        string schema,
        HttpStatusCode expected
    )
    {
        using HttpResponseMessage answer = await registry.PostAsJsonAsync(
            $"subjects/{subject}/versions",
            new { schema },
            Cancelled
        );
        string body = await answer.Content.ReadAsStringAsync(Cancelled);
        Assert.True(answer.StatusCode == expected, $"{answer.StatusCode}: {body}");
        return JsonSerializer.Deserialize<JsonElement>(body);
    }
}
