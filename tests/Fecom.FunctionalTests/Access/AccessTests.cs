using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Fecom.Testing;
using Microsoft.Playwright;

namespace Fecom.FunctionalTests.Access;

/// <summary>A host that asks who calls.</summary>
public sealed partial class AccessTests(SignInHost sign) : IClassFixture<SignInHost>
{
    private const string PersonPassword = "planted-person-password";

    private const string Event = """
        {"event_time":"2026-11-22T09:00:00Z","event_type":"view","product_id":"1","price":1.5,"user_id":"u","user_session":"s"}
        """;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_does_what_its_scopes_say_until_it_is_revoked_or_ends()
    {
        using HttpClient admin = await sign.SignedInAsync();
        (long id, string text) = await SignInHost.KeyAsync(admin, new { name = "shop", scopes = new[] { "serve" } });
        using HttpClient program = sign.Program(text);

        Assert.Equal(HttpStatusCode.OK, await GetAsync(program, "/api/v1/recommendations/trending"));
        Assert.Equal(HttpStatusCode.Forbidden, await GetAsync(program, "/api/v1/jobs"));
        using HttpResponseMessage refused = await program.GetAsync("/api/v1/jobs", Cancelled);
        JsonElement problem = await refused.Content.ReadFromJsonAsync<JsonElement>(Cancelled);
        Assert.Contains("the scope 'read'", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain(text.Split('_')[2], await ListAsync(admin), StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.OK, await DeleteAsync(admin, $"/api/v1/access/keys/{id}"));
        using HttpResponseMessage gone = await program.GetAsync("/api/v1/recommendations/trending", Cancelled);
        Assert.Equal(HttpStatusCode.Unauthorized, gone.StatusCode);
        JsonElement why = await gone.Content.ReadFromJsonAsync<JsonElement>(Cancelled);
        Assert.StartsWith(
            "The API key is not known here, or was revoked.",
            why.GetProperty("detail").GetString(),
            StringComparison.Ordinal
        );

        (long ending, string soon) = await SignInHost.KeyAsync(
            admin,
            new
            {
                name = "soon",
                scopes = new[] { "read" },
                expires_at = DateTimeOffset.MaxValue,
            }
        );
        using HttpClient ended = sign.Program(soon);
        Assert.Equal(HttpStatusCode.OK, await GetAsync(ended, "/api/v1/caller"));
        // As another host would: this one learns of it by itself.
        await sign.Shop.ExecuteAsync(
            $"update access.api_key set expires_at = now() - interval '1 second' where id = {ending}"
        );
        await Poll.UntilEqualAsync(
            HttpStatusCode.Unauthorized,
            () => GetAsync(ended, "/api/v1/caller"),
            TimeSpan.FromSeconds(60),
            "a key that has ended"
        );
    }

    [Fact]
    public async Task A_host_that_starts_later_knows_sessions_and_refuses_a_revoked_key_within_five_seconds()
    {
        // As after a restart: the session is older than the process that is asked.
        string cookie = await CookieAsync();
        HostProcess other = await sign.StartReplicaAsync();
        using HttpClient admin = await sign.SignedInAsync();
        (long id, string text) = await SignInHost.KeyAsync(admin, new { name = "revoked", scopes = new[] { "read" } });
        using HttpClient program = sign.Program(text, other.Http.BaseAddress);
        await Poll.UntilEqualAsync(
            HttpStatusCode.OK,
            () => GetAsync(program, "/api/v1/caller"),
            TimeSpan.FromSeconds(60),
            "the key on the other host"
        );
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(other.Http.BaseAddress!, "/api/v1/caller"));
        request.Headers.Add("Cookie", cookie);
        using HttpResponseMessage known = await other.Http.SendAsync(request, Cancelled);
        Assert.Equal(HttpStatusCode.OK, known.StatusCode);

        long revoked = TimeProvider.System.GetTimestamp();
        Assert.Equal(HttpStatusCode.OK, await DeleteAsync(admin, $"/api/v1/access/keys/{id}"));
        await Poll.UntilEqualAsync(
            HttpStatusCode.Unauthorized,
            () => GetAsync(program, "/api/v1/caller"),
            TimeSpan.FromSeconds(60),
            "the revoked key on the other host"
        );

        Assert.InRange(TimeProvider.System.GetElapsedTime(revoked).TotalSeconds, 0, 5);
        Assert.Equal(1, await sign.Shop.CountAsync($"access.api_key where id = {id} and last_used_at is not null"));
    }

    [Fact]
    public async Task A_person_signs_in_without_a_script_stays_signed_in_and_signs_out()
    {
        using HttpClient browser = sign.Browser();
        browser.DefaultRequestHeaders.Accept.ParseAdd("text/html");
        using HttpResponseMessage asked = await browser.GetAsync("/hangfire/recurring?a=b", Cancelled);
        Assert.Equal(HttpStatusCode.Found, asked.StatusCode);
        Assert.Equal("/signin?return_url=%2Fhangfire%2Frecurring%3Fa%3Db", asked.Headers.Location!.OriginalString);
        string page = await browser.GetStringAsync(asked.Headers.Location, Cancelled);
        Assert.Contains("value=\"/hangfire/recurring?a=b\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);

        using HttpResponseMessage wrong = await SignInHost.SignInAsync(browser, SignInHost.Admin, "wrong-password");
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        using HttpResponseMessage right = await SignInHost.SignInAsync(browser, SignInHost.Admin, SignInHost.Password);
        Assert.Equal(HttpStatusCode.Found, right.StatusCode);
        string cookie = Assert.Single(right.Headers.GetValues("Set-Cookie"));
        Assert.Contains("; httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("; samesite=lax", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(HttpStatusCode.OK, await GetAsync(browser, "/hangfire/recurring"));

        using HttpResponseMessage bye = await browser.PostAsync("/signout", null, Cancelled);
        Assert.Equal(HttpStatusCode.Found, bye.StatusCode);
        Assert.Equal(HttpStatusCode.Found, await GetAsync(browser, "/hangfire/recurring"));
    }

    [Fact(Timeout = 240_000)]
    public async Task The_console_shows_what_its_person_may_see_and_goes_on_by_itself()
    {
        using HttpClient admin = await sign.SignedInAsync();
        await AddPersonAsync(admin, "xem", "viewer");
        await using ChromiumBrowser chromium = await ChromiumBrowser.StartAsync();
        IPage page = await chromium.Browser.NewPageAsync();
        await page.GotoAsync($"{sign.Address}jobs?job=forget_changes");
        await page.Locator("#name").FillAsync("xem");
        await page.Locator("#password").FillAsync(PersonPassword);
        await page.Locator("button[type=submit]").ClickAsync();
        ILocator runs = page.Locator("#runs");
        await Assertions.Expect(runs).ToBeVisibleAsync(new() { Timeout = 60_000 });
        await Assertions
            .Expect(page.GetByRole(AriaRole.Button, new() { Name = "Start forget_changes" }))
            .ToHaveCountAsync(0);

        // What follows comes by the page's own clock, not by anything that the person does.
        using HttpResponseMessage started = await admin.PostAsync(
            new Uri("/api/v1/jobs/forget_changes/runs", UriKind.Relative),
            content: null,
            Cancelled
        );
        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
        await Assertions.Expect(runs).ToContainTextAsync("completed", new() { Timeout = 60_000 });
        await Assertions.Expect(page.Locator("#schedule form")).ToHaveCountAsync(0);

        // The box for queries is not for viewers, whatever the address.
        await page.GotoAsync($"{sign.Address}warehouse?view=query&sql=select%201");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("fact_cart", new() { Timeout = 60_000 });
        await Assertions.Expect(page.Locator("textarea")).ToHaveCountAsync(0);

        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Assertions.Expect(page.Locator("#password")).ToBeVisibleAsync(new() { Timeout = 60_000 });
    }

    [Fact]
    public async Task A_person_whose_role_or_password_changes_or_who_is_removed_signs_in_again()
    {
        using HttpClient admin = await sign.SignedInAsync();
        long id = await AddPersonAsync(admin, "hoa", "viewer");
        using HttpClient hoa = await sign.SignedInAsync("hoa", PersonPassword);
        Assert.Equal(HttpStatusCode.OK, await GetAsync(hoa, "/api/v1/jobs"));
        Assert.Equal(HttpStatusCode.Forbidden, await GetAsync(hoa, "/api/v1/access/users"));

        using HttpResponseMessage changed = await admin.PutAsJsonAsync(
            $"/api/v1/access/users/{id}",
            new { role = "operator" },
            Cancelled
        );
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync(hoa, "/api/v1/jobs"));
        using HttpClient again = await sign.SignedInAsync("hoa", PersonPassword);
        Assert.Equal(HttpStatusCode.OK, await GetAsync(again, "/api/v1/audit"));

        Assert.Equal(HttpStatusCode.NoContent, await DeleteAsync(admin, $"/api/v1/access/users/{id}"));
        Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync(again, "/api/v1/jobs"));
    }

    [Fact]
    public async Task Whoever_guesses_passwords_has_to_wait()
    {
        using HttpClient browser = sign.Browser();
        HttpResponseMessage? answer = null;
        for (int i = 0; i < 8 && answer?.StatusCode != HttpStatusCode.TooManyRequests; i++)
        {
            answer = await SignInHost.SignInAsync(browser, "guessed", "wrong-password");
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, answer!.StatusCode);
        Assert.True(answer.Headers.RetryAfter?.Delta > TimeSpan.Zero);
    }

    [Theory]
    [InlineData("shop-staff", "operator")]
    [InlineData("viewer", "viewer")]
    [InlineData("cleaners", null)]
    public async Task A_person_of_the_OpenID_provider_has_the_role_that_it_says(string claim, string? role)
    {
        sign.Provider.Person = ($"minh {claim}", [claim, "staff"]);
        using HttpClient browser = sign.Browser();

        HttpResponseMessage answer = await browser.GetAsync("/signin/provider?return_url=/api/v1/caller", Cancelled);
        for (int i = 0; i < 6 && answer.StatusCode == HttpStatusCode.Found; i++)
        {
            answer = await browser.GetAsync(answer.Headers.Location, Cancelled);
        }

        string body = await answer.Content.ReadAsStringAsync(Cancelled);
        if (role is null)
        {
            Assert.Contains("gives you no role here", body, StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync(browser, "/api/v1/caller"));
            return;
        }

        JsonElement caller = JsonSerializer.Deserialize<JsonElement>(body);
        Assert.Equal($"minh {claim}", caller.GetProperty("name").GetString());
        Assert.Equal(
            role == "operator",
            caller.GetProperty("scopes").EnumerateArray().Any(scope => scope.GetString() == "operate")
        );
    }

    [Fact]
    public async Task Pages_of_the_shop_send_events_with_a_publishable_key_and_nothing_else()
    {
        using HttpClient admin = await sign.SignedInAsync();
        string key = (
            await SignInHost.KeyAsync(
                admin,
                new
                {
                    name = "pages",
                    scopes = new[] { "ingest" },
                    origins = new[] { SignInHost.Origin },
                }
            )
        ).Key;
        Assert.StartsWith("pk_", key, StringComparison.Ordinal);

        using HttpResponseMessage allowed = await PreflightAsync("/api/v1/events", SignInHost.Origin);
        Assert.Equal(SignInHost.Origin, Assert.Single(allowed.Headers.GetValues("Access-Control-Allow-Origin")));
        using HttpResponseMessage foreign = await PreflightAsync("/api/v1/events", "https://elsewhere.example");
        Assert.False(foreign.Headers.Contains("Access-Control-Allow-Origin"));
        using HttpResponseMessage jobs = await PreflightAsync("/api/v1/jobs", SignInHost.Origin);
        Assert.False(jobs.Headers.Contains("Access-Control-Allow-Origin"));

        Assert.Equal(HttpStatusCode.Accepted, await PostEventAsync(key, SignInHost.Origin));
        Assert.Equal(HttpStatusCode.Unauthorized, await PostEventAsync(key, "https://elsewhere.example"));
        Assert.Equal(HttpStatusCode.Unauthorized, await PostEventAsync(key, null));
        using HttpResponseMessage more = await admin.PostAsJsonAsync(
            "/api/v1/access/keys",
            new
            {
                name = "pages",
                scopes = new[] { "ingest", "read" },
                origins = new[] { SignInHost.Origin },
            },
            Cancelled
        );
        Assert.Equal(HttpStatusCode.BadRequest, more.StatusCode);
    }

    [Theory]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    [InlineData("Origin", "https://elsewhere.example")]
    [InlineData("Origin", "null")]
    public async Task A_foreign_page_changes_nothing_in_the_name_of_who_looks_at_it(string header, string value)
    {
        using HttpClient admin = await sign.SignedInAsync();
        using HttpRequestMessage request = new(HttpMethod.Post, "/api/v1/jobs/forget_changes/runs");
        request.Headers.Add(header, value);

        using HttpResponseMessage answer = await admin.SendAsync(request, Cancelled);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Fact]
    public async Task A_change_is_in_the_audit_log_with_who_made_it_and_what_came_of_it()
    {
        using HttpClient admin = await sign.SignedInAsync();
        await AddPersonAsync(admin, "binh", "operator");
        using HttpClient binh = await sign.SignedInAsync("binh", PersonPassword);
        using HttpRequestMessage own = new(HttpMethod.Post, "/api/v1/jobs/forget_changes/runs");
        own.Headers.Add("Sec-Fetch-Site", "same-origin");
        using HttpResponseMessage started = await binh.SendAsync(own, Cancelled);
        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);

        using HttpResponseMessage resent = await binh.PostAsJsonAsync(
            "/api/v1/dead-letters/resend",
            new { ids = new[] { 987_654_321, 987_654_322 } },
            Cancelled
        );

        JsonElement log = await admin.GetFromJsonAsync<JsonElement>("/api/v1/audit?caller=binh", Cancelled);
        JsonElement[] changes = [.. log.GetProperty("changes").EnumerateArray()];
        Assert.Equal("""{"ids":"987654321, 987654322"}""", changes[0].GetProperty("details").GetRawText());
        Assert.StartsWith(
            "/api/v1/jobs/forget_changes/runs/",
            changes[1].GetProperty("location").GetString(),
            StringComparison.Ordinal
        );
        JsonElement admins = await admin.GetFromJsonAsync<JsonElement>(
            $"/api/v1/audit?caller={SignInHost.Admin}",
            Cancelled
        );
        Assert.Contains(
            admins.GetProperty("changes").EnumerateArray(),
            change => change.GetProperty("details").GetRawText() == """{"name":"binh","role":"operator"}"""
        );

        Assert.Equal(
            ["person binh StartJobRun /api/v1/jobs/forget_changes/runs 202", "person binh SignIn /signin 200"],
            changes
                .Skip(1)
                .Select(entry =>
                    string.Join(
                        ' ',
                        new[] { "kind", "caller", "call", "path", "status" }.Select(name =>
                            entry.GetProperty(name).ToString()
                        )
                    )
                )
        );
    }

    [Fact]
    public async Task A_change_that_cannot_be_read_is_in_the_audit_log_with_the_answer_that_its_caller_got()
    {
        using HttpClient admin = await sign.SignedInAsync();
        await AddPersonAsync(admin, "chau", "operator");
        using HttpClient chau = await sign.SignedInAsync("chau", PersonPassword);

        using HttpResponseMessage refused = await chau.PostAsJsonAsync(
            "/api/v1/dead-letters/resend",
            new { ids = "three" },
            Cancelled
        );

        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        JsonElement log = await admin.GetFromJsonAsync<JsonElement>("/api/v1/audit?caller=chau", Cancelled);
        Assert.Equal(400, log.GetProperty("changes")[0].GetProperty("status").GetInt32());
    }

    [Fact]
    public async Task A_query_over_gold_is_an_operators_and_stands_in_the_audit_log_with_its_statement()
    {
        const string Sql = "select count(*) as sessions from gold.fact_session";
        using HttpClient admin = await sign.SignedInAsync();
        await AddPersonAsync(admin, "hung", "operator");
        using HttpClient hung = await sign.SignedInAsync("hung", PersonPassword);

        using HttpResponseMessage found = await hung.PostAsJsonAsync(
            "/api/v1/warehouse/query",
            new { sql = Sql },
            Cancelled
        );
        using HttpResponseMessage refused = await hung.PostAsJsonAsync(
            "/api/v1/warehouse/query",
            new { sql = "select * from access.person" },
            Cancelled
        );

        Assert.Equal(HttpStatusCode.OK, found.StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        JsonElement problem = await refused.Content.ReadFromJsonAsync<JsonElement>(Cancelled);
        Assert.Equal("42501", problem.GetProperty("sql_state").GetString());
        Assert.Contains(
            "permission denied for schema access (line 1, column 15)",
            problem.GetProperty("errors").GetProperty("sql")[0].GetString(),
            StringComparison.Ordinal
        );
        Assert.Equal(15, problem.GetProperty("position").GetInt32());
        JsonElement log = await admin.GetFromJsonAsync<JsonElement>("/api/v1/audit?caller=hung", Cancelled);
        Assert.Equal(
            ["QueryGold 400 select * from access.person", $"QueryGold 200 {Sql}"],
            log.GetProperty("changes")
                .EnumerateArray()
                .Where(entry => entry.GetProperty("call").GetString() == "QueryGold")
                .Select(entry =>
                    $"{entry.GetProperty("call")} {entry.GetProperty("status")} {entry.GetProperty("details").GetProperty("sql")}"
                )
        );
    }

    [Fact]
    public async Task Strangers_learn_whether_the_host_is_ready_and_nothing_more()
    {
        JsonElement ready = await sign.Http.GetFromJsonAsync<JsonElement>("/health/ready", Cancelled);
        using HttpClient admin = await sign.SignedInAsync();
        JsonElement known = await admin.GetFromJsonAsync<JsonElement>("/health/ready", Cancelled);

        Assert.Empty(ready.GetProperty("checks").EnumerateObject());
        Assert.NotEmpty(known.GetProperty("checks").EnumerateObject());
    }

    [Fact]
    public async Task No_secret_is_in_a_log_a_page_a_problem_or_the_audit_log()
    {
        using HttpClient admin = await sign.SignedInAsync();
        (_, string text) = await SignInHost.KeyAsync(admin, new { name = "secretive", scopes = new[] { "read" } });
        await AddPersonAsync(admin, "thao", "viewer");
        using HttpClient thao = await sign.SignedInAsync("thao", PersonPassword);
        StringBuilder seen = new();
        using HttpClient program = sign.Program(text);
        using HttpClient broken = sign.Program(text[..^1] + (text[^1] == '0' ? '1' : '0'));
        foreach (HttpClient caller in new[] { admin, thao, program, broken })
        {
            foreach (
                string address in new[]
                {
                    "/signin",
                    "/api/v1/nothing",
                    "/api/v1/jobs?limit=x",
                    "/api/v1/access/keys",
                    "/api/v1/access/users",
                    "/api/v1/audit",
                    "/health/ready",
                    "/metrics",
                    "/hangfire/recurring",
                    "/swagger/v1/swagger.json",
                }
            )
            {
                using HttpResponseMessage answer = await caller.GetAsync(address, Cancelled);
                seen.Append(await answer.Content.ReadAsStringAsync(Cancelled));
            }
        }

        using HttpResponseMessage refused = await SignInHost.SignInAsync(admin, "thao", PersonPassword + "!");
        seen.Append(await refused.Content.ReadAsStringAsync(Cancelled));
        using HttpResponseMessage mistaken = await admin.PostAsJsonAsync(
            "/api/v1/access/users",
            new
            {
                name = "thao",
                role = "nobody",
                password = PersonPassword,
            },
            Cancelled
        );
        seen.Append(await mistaken.Content.ReadAsStringAsync(Cancelled));
        foreach (string file in Directory.GetFiles(sign.Logs))
        {
            await using FileStream log = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using StreamReader reader = new(log);
            seen.Append(await reader.ReadToEndAsync(Cancelled));
        }

        string all = seen.ToString();
        Assert.Contains("/api/v1/nothing", all, StringComparison.Ordinal);
        foreach (
            string secret in new[]
            {
                SignInHost.Password,
                PersonPassword,
                OpenIdProvider.Secret,
                text,
                text.Split('_')[2],
                (await CookieAsync()).Split('=')[1],
                sign.Shop.PostgresPassword,
            }.Where(secret => secret.Length > 0)
        )
        {
            Assert.False(all.Contains(secret, StringComparison.Ordinal), $"'{secret}' was told");
        }
    }

    private static async Task<long> AddPersonAsync(HttpClient admin, string name, string role)
    {
        using HttpResponseMessage answer = await admin.PostAsJsonAsync(
            "/api/v1/access/users",
            new
            {
                name,
                role,
                password = PersonPassword,
            },
            Cancelled
        );
        JsonElement body = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancelled);
        Assert.True(answer.StatusCode == HttpStatusCode.Created, body.ToString());
        return body.GetProperty("id").GetInt64();
    }

    private async Task<string> CookieAsync()
    {
        using HttpClient browser = sign.Browser();
        using HttpResponseMessage answer = await SignInHost.SignInAsync(browser, SignInHost.Admin, SignInHost.Password);
        return Assert.Single(answer.Headers.GetValues("Set-Cookie")).Split(';')[0];
    }

    private async Task<HttpResponseMessage> PreflightAsync(string call, string origin)
    {
        using HttpRequestMessage request = new(HttpMethod.Options, call);
        request.Headers.Add("Origin", origin);
        request.Headers.Add("Access-Control-Request-Method", "POST");
        request.Headers.Add("Access-Control-Request-Headers", "authorization,content-type");
        return await sign.Http.SendAsync(request, Cancelled);
    }

    private async Task<HttpStatusCode> PostEventAsync(string key, string? origin)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/api/v1/events");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
            request.Headers.Add("Sec-Fetch-Site", "cross-site");
        }

        request.Content = new StringContent(Event, Encoding.UTF8, "application/json");
        using HttpResponseMessage answer = await sign.Http.SendAsync(request, Cancelled);
        return answer.StatusCode;
    }

    private static async Task<string> ListAsync(HttpClient admin) =>
        await admin.GetStringAsync("/api/v1/access/keys", Cancelled);

    private static async Task<HttpStatusCode> GetAsync(HttpClient client, string address)
    {
        using HttpResponseMessage answer = await client.GetAsync(address, Cancelled);
        return answer.StatusCode;
    }

    private static async Task<HttpStatusCode> DeleteAsync(HttpClient client, string address)
    {
        using HttpResponseMessage answer = await client.DeleteAsync(address, Cancelled);
        return answer.StatusCode;
    }
}
