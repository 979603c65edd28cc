using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Fecom.Testing;

namespace Fecom.FunctionalTests;

/// <summary>What a caller that errs is told, what the log says of it, and what is measured.</summary>
public sealed partial class WebTests(RunningHost running) : IClassFixture<RunningHost>
{
    private const string Json = "application/json";
    private static readonly string Deep = new('[', 100);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_body_that_cannot_be_read_is_told_where_and_logged_as_one_line_by_every_call_that_takes_one()
    {
        JsonElement api = await running.Http.GetFromJsonAsync<JsonElement>("/swagger/v1/swagger.json", Cancelled);
        string[] calls =
        [
            .. api.GetProperty("paths")
                .EnumerateObject()
                .Where(path =>
                    path.Value.TryGetProperty("post", out JsonElement post) && post.TryGetProperty("requestBody", out _)
                )
                .Select(path => Place().Replace(path.Name, "x"))
                // Events are checked one by one: what is wrong with them is told event by event.
                .Where(path => path != "/api/v1/events"),
        ];
        Assert.InRange(calls.Length, 7, 100);
        foreach (string call in calls)
        {
            await AssertBodiesAsync(call);
        }
    }

    private async Task AssertBodiesAsync(string call)
    {
        foreach (
            (string body, string type, HttpStatusCode status, string words) in new (
                string,
                string,
                HttpStatusCode,
                string
            )[]
            {
                ("{\"x\":", Json, HttpStatusCode.BadRequest, "The body is not JSON: look at line 1, byte "),
                ("{\"x\": nul}", Json, HttpStatusCode.BadRequest, "The body is not JSON: look at line 1, byte "),
                ("", Json, HttpStatusCode.BadRequest, "The call needs a body: application/json"),
                ("null", Json, HttpStatusCode.BadRequest, "The call needs a body: application/json"),
                ("[]", Json, HttpStatusCode.BadRequest, "The body is to be an object in JSON."),
                ($"{{\"x\":{Deep}", Json, HttpStatusCode.BadRequest, "64 levels are taken"),
                (
                    "{}",
                    "text/plain",
                    HttpStatusCode.UnsupportedMediaType,
                    "The content type text/plain is not taken here: application/json"
                ),
                ("{}", "", HttpStatusCode.UnsupportedMediaType, "application/json"),
            }
        )
        {
            (HttpStatusCode answered, JsonElement problem) = await PostAsync(call, body, type);

            Assert.Equal((call, status, body), (call, answered, body));
            Assert.Contains(words, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
            await AssertOneLineAsync(problem, $"POST {call} {(int)status} in ", words);
        }
    }

    [Theory]
    [InlineData("/api/v1/predictions/purchase", """{"instances":"x"}""", "instances", "an array")]
    [InlineData("/api/v1/predictions/purchase", """{"instances":[],"explain":"yes"}""", "explain", "true or false")]
    [InlineData("/api/v1/predictions/purchase", """{"instances":[7]}""", "instances[0]", "an object")]
    [InlineData(
        "/api/v1/recommendations/sessions",
        """{"events":[{"event_type":1}]}""",
        "events[0].event_type",
        "a text"
    )]
    [InlineData("/api/v1/features/online", """{"view":5}""", "view", "a text")]
    [InlineData("/api/v1/ingestion/runs", """{"source":{}}""", "source", "a text")]
    [InlineData(
        "/api/v1/pipeline/endpoints/bronze/offsets",
        """{"to":"start","partitions":["x"]}""",
        "partitions[0]",
        "a whole number"
    )]
    [InlineData("/api/v1/dead-letters/resend", """{"ids":[1.5]}""", "ids[0]", "a whole number")]
    [InlineData("/api/v1/invalid-events/resend", """{"id":"x"}""", "id", "a whole number")]
    [InlineData(
        "/api/v1/models/purchase/aliases/champion",
        """{"version":99999999999999}""",
        "version",
        "a whole number"
    )]
    public async Task A_field_of_a_wrong_type_is_named_with_what_it_is_to_be(
        string call,
        string body,
        string field,
        string kind
    )
    {
        (HttpStatusCode status, JsonElement problem) = await PostAsync(call, body, Json);

        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.StartsWith(
            $"{field} is to be {kind} (line 1, byte ",
            problem.GetProperty("errors").GetProperty(field)[0].GetString(),
            StringComparison.Ordinal
        );
        await AssertOneLineAsync(problem, $"POST {call} 400 in ", $": {field} is to be {kind}");
    }

    [Theory]
    [InlineData("/api/v1/invalid-events?limit=abc", 400, "limit is to be a whole number, not 'abc'.")]
    [InlineData(
        "/api/v1/invalid-events?from=yesterday",
        400,
        "from is to be a time such as 2026-01-31T12:00:00Z, not 'yesterday'."
    )]
    [InlineData("/api/v1/invalid-events?state=unheard", 400, "state: One of kept")]
    [InlineData("/api/v1/invalid-events/counts?by=size", 400, "by: rule, source or hour.")]
    [InlineData("/api/v1/dead-letters?endpoint=%00", 400, "the character U+0000")]
    [InlineData("/api/v1/recommendations/trending?count=abc", 400, "count is to be a whole number, not 'abc'.")]
    [InlineData("/api/v1/recommendations/trending?cuont=2", 400, "There is no parameter 'cuont'. Is it 'count'?")]
    [InlineData("/api/v1/pipeline?verbose=1", 400, "There is no parameter 'verbose': this call takes none.")]
    [InlineData("/api/v1/runs?job=load_files", 400, "No job 'load_files' trains.")]
    [InlineData("/api/v1/dead-letters?endpoint=bronce", 400, "There is no endpoint 'bronce'. There are bronze,")]
    [InlineData("/api/v1/jobs?limit=0", 400, "limit is a whole number from 1 to 500.")]
    [InlineData("/api/v1/events", 405, "GET is not for this address; it takes POST.")]
    [InlineData("/api/v1/nothing", 404, "There is nothing at /api/v1/nothing. The calls there are: /swagger.")]
    public async Task A_query_that_makes_no_sense_is_told_why_and_logged_as_one_line(
        string address,
        int status,
        string words
    )
    {
        using HttpResponseMessage answer = await running.Http.GetAsync(new Uri(address, UriKind.Relative), Cancelled);
        JsonElement problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancelled);

        Assert.Equal(status, (int)answer.StatusCode);
        await AssertOneLineAsync(problem, $"GET {address.Split('?')[0]} {status} in ", words);
    }

    [Fact]
    public async Task A_call_too_many_of_a_group_is_told_when_to_call_again()
    {
        Uri schemas = new("/api/v1/schemas", UriKind.Relative);

        // On a slow machine ten calls may fall into so many windows that each has room for its own.
        List<HttpResponseMessage> answers = [];
        await Poll.UntilAsync(
            async () =>
            {
                answers.AddRange(
                    await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => running.Http.GetAsync(schemas, Cancelled)))
                );
                return answers.Exists(answer => answer.StatusCode == HttpStatusCode.TooManyRequests);
            },
            TimeSpan.FromSeconds(60),
            "no call was one too many"
        );

        HttpResponseMessage refused = answers.First(answer => answer.StatusCode == HttpStatusCode.TooManyRequests);
        Assert.Contains(answers, answer => answer.StatusCode == HttpStatusCode.OK);
        Assert.Equal("1", Assert.Single(refused.Headers.GetValues("Retry-After")));
        JsonElement problem = await refused.Content.ReadFromJsonAsync<JsonElement>(Cancelled);
        Assert.Contains("RateLimits:schemas", problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
        using HttpResponseMessage other = await running.Http.GetAsync(
            new Uri("/api/v1/jobs", UriKind.Relative),
            Cancelled
        );
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
        await Poll.UntilEqualAsync(
            HttpStatusCode.OK,
            async () => (await running.Http.GetAsync(schemas, Cancelled)).StatusCode,
            TimeSpan.FromSeconds(60),
            "the group, a second later"
        );
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_told_the_limit()
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/api/v1/predictions/purchase");
        request.Content = new StringContent(new string(' ', (16 * 1_024 * 1_024) + 1), Encoding.UTF8, Json);
        // So that the answer is read before the body is sent, and not a connection that was closed in the middle of it.
        request.Headers.ExpectContinue = true;
        using HttpResponseMessage answer = await running.Http.SendAsync(request, Cancelled);
        JsonElement problem = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancelled);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Equal("The body may have 16 MiB.", problem.GetProperty("detail").GetString());
    }

    [Fact]
    public async Task A_request_is_one_line_with_its_trace_and_what_machines_ask_is_none()
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/api/v1/schemas");
        request.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        using (await running.Http.SendAsync(request, Cancelled))
        using (await running.Http.GetAsync(new Uri("/metrics", UriKind.Relative), Cancelled))
        using (await running.Http.GetAsync(new Uri("/swagger/v1/swagger.json", UriKind.Relative), Cancelled)) { }

        string line = await LineAsync("0af7651916cd43dd8448eb211c80319c");

        Assert.Matches(
            "^[-0-9]{10} [.:0-9]{12} INF Serilog.AspNetCore.RequestLoggingMiddleware: GET /api/v1/schemas 200 in [0-9]+[.][0-9]{2} ms trace=0af7651916cd43dd8448eb211c80319c$",
            line
        );
        string log = running.Host.Output;
        Assert.DoesNotContain("GET /health", log, StringComparison.Ordinal);
        Assert.DoesNotContain("GET /metrics", log, StringComparison.Ordinal);
        Assert.DoesNotContain("GET /swagger", log, StringComparison.Ordinal);
        // The level that the environment sets: what the help text names.
        Assert.DoesNotContain(" INF Fecom.", log, StringComparison.Ordinal);
        string file = Assert.Single(Directory.GetFiles(running.Logs, "host-*.log"));
        await Poll.UntilAsync(
            async () => (await File.ReadAllTextAsync(file, Cancelled)).Contains(line, StringComparison.Ordinal),
            TimeSpan.FromSeconds(60),
            "the log's file does not have the line"
        );
    }

    [Fact]
    public async Task Every_instrument_is_at_metrics_with_its_unit()
    {
        using StringContent events = new(
            """[{"event_time":"2026-11-22T09:00:00Z","event_type":"cart","product_id":"1","price":1.5,"user_id":"u","user_session":"s"},{"event_time":"2026-11-22T09:00:00Z","event_type":"cart","product_id":"1","price":0,"user_id":"u","user_session":"s"}]""",
            Encoding.UTF8,
            Json
        );
        using HttpResponseMessage accepted = await running.Http.PostAsync(
            new Uri("/api/v1/events", UriKind.Relative),
            events,
            Cancelled
        );
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        string[] expected =
        [
            "messaging_client_consumed_messages_total{",
            "messaging_process_duration_seconds_bucket{",
            "fecom_endpoint_batch_size_bucket{",
            "fecom_endpoint_lag{",
            "fecom_endpoint_paused{",
            "fecom_validation_events_total{",
            "fecom_validation_invalid_share",
            "fecom_validation_alert{",
            "http_server_request_duration_seconds_bucket{",
            "kestrel_active_connections{",
            "dotnet_gc_collections_total{",
            "process_memory_usage_bytes{",
            "fecom_health_status{",
            "fecom_storage_free_bytes{",
            "fecom_serving_model_version{",
            "fecom_endpoint_delay_seconds{",
            "db_client_connection_count{",
        ];

        string metrics = "";
        await Poll.UntilEqualAsync(
            "",
            async () =>
            {
                metrics = await running.Http.GetStringAsync(new Uri("/metrics", UriKind.Relative), Cancelled);
                return string.Join(
                    ", ",
                    expected.Where(name => !metrics.Contains($"\n{name}", StringComparison.Ordinal))
                );
            },
            TimeSpan.FromSeconds(60),
            "instruments that are missing at /metrics"
        );

        DashboardNames.Check(metrics);
        if (PrometheusServer.Missing is null)
        {
            // Nothing was trained on this host: no model serves.
            await using PrometheusServer prometheus = PrometheusServer.Start(running.Http.BaseAddress!);
            await Poll.UntilAsync(
                async () => (await prometheus.FiringAsync(Cancelled)).Contains("NoChampion"),
                TimeSpan.FromSeconds(90),
                "the rule NoChampion did not fire"
            );
            Assert.DoesNotContain("HostDown", await prometheus.FiringAsync(Cancelled));
        }

        // A meter that somebody adds is at /metrics too: none of ours may be without a type and a help text.
        foreach (Match name in OwnMetric().Matches(metrics))
        {
            Assert.Contains($"# TYPE {name.Groups["name"].Value}", metrics, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Traces_metrics_and_logs_go_to_the_collector_and_a_log_line_has_the_trace_of_its_call()
    {
        const string Trace = "5bf92f3577b34da6a3ce929d0e0e4747";
        await Poll.UntilAsync(
            async () =>
                (await running.Http.GetFromJsonAsync<JsonElement>("/api/v1/ingestion/sources", Cancelled))
                    .GetProperty("sources")
                    .EnumerateArray()
                    .Single(source => source.GetProperty("name").GetString() == "api")
                    .GetProperty("backlog")
                    .GetInt64() == 0,
            TimeSpan.FromSeconds(90),
            "the events of the other tests are not through, and the call's trace would only be linked to theirs"
        );
        using HttpRequestMessage request = new(HttpMethod.Post, "/api/v1/events");
        request.Headers.Add("traceparent", $"00-{Trace}-00f067aa0ba902b8-01");
        request.Content = new StringContent(
            """{"event_time":"2026-11-22T09:00:00Z","event_type":"view","product_id":"1","price":1.5,"user_id":"u","user_session":"traced"}""",
            Encoding.UTF8,
            Json
        );
        using HttpResponseMessage accepted = await running.Http.SendAsync(request, Cancelled);
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        // Calls for events come by the thousand and have no line where they go well.
        using HttpRequestMessage logged = new(HttpMethod.Get, "/api/v1/schemas");
        logged.Headers.Add("traceparent", $"00-{Trace}-00f067aa0ba902b9-01");
        using HttpResponseMessage schemas = await running.Http.SendAsync(logged, Cancelled);
        Assert.Equal(HttpStatusCode.OK, schemas.StatusCode);

        byte[] trace = Convert.FromHexString(Trace);
        string[] spans =
        [
            "POST /api/v1/events",
            "relay outbox",
            "send tracking.raw_user_behavior",
            "process tracking.raw_user_behavior",
            "send tracking.user_behavior.validated",
            "process tracking.user_behavior.validated",
        ];
        // One trace from the call through the outbox and both topics to the sinks. A group's own call has a route that ends with a slash.
        await Poll.UntilEqualAsync(
            "",
            () =>
                Task.FromResult(
                    string.Join(", ", spans.Except(running.Collector.SpansOf(trace).Select(name => name.TrimEnd('/'))))
                ),
            TimeSpan.FromSeconds(90),
            "spans that are missing from the call's trace"
        );
        await Poll.UntilAsync(
            () =>
                Task.FromResult(
                    Sent("/v1/logs", trace, "/api/v1/schemas"u8)
                        && Sent("/v1/metrics", "fecom.endpoint.lag"u8, "http.server.request.duration"u8)
                ),
            TimeSpan.FromSeconds(90),
            "the collector has no log line of the call, or no metrics"
        );
    }

    private bool Sent(string path, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        foreach (byte[] body in running.Collector.Of(path))
        {
            if (body.AsSpan().IndexOf(first) >= 0 && body.AsSpan().IndexOf(second) >= 0)
            {
                return true;
            }
        }

        return false;
    }

    [Theory]
    [InlineData("Host", "shop.example", HttpStatusCode.BadRequest)]
    [InlineData("Host", "localhost:8080", HttpStatusCode.Accepted)]
    [InlineData("X-Forwarded-For", "127.0.0.1", HttpStatusCode.Forbidden)]
    [InlineData("Forwarded", "for=127.0.0.1", HttpStatusCode.Forbidden)]
    [InlineData("Sec-Fetch-Site", "cross-site", HttpStatusCode.Forbidden)]
    [InlineData("Sec-Fetch-Site", "same-origin", HttpStatusCode.Accepted)]
    [InlineData("Authorization", "Bearer fk_1_0", HttpStatusCode.Unauthorized)]
    public async Task A_host_without_sign_in_answers_its_own_machine_alone(
        string header,
        string value,
        HttpStatusCode expected
    )
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/api/v1/jobs/forget_changes/runs");
        request.Headers.TryAddWithoutValidation(header, value);
        using HttpResponseMessage answer = await running.Http.SendAsync(request, Cancelled);
        JsonElement health = await running.Http.GetFromJsonAsync<JsonElement>("/health/ready", Cancelled);

        Assert.Equal(expected, answer.StatusCode);
        Assert.StartsWith(
            "open: whoever calls from this machine may do everything",
            health.GetProperty("checks").GetProperty("access").GetProperty("description").GetString(),
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("/swagger/index.html")]
    [InlineData("/hangfire/recurring")]
    public async Task A_page_runs_scripts_of_this_host_alone_and_stands_in_no_frame(string page)
    {
        using HttpResponseMessage answer = await running.Http.GetAsync(new Uri(page, UriKind.Relative), Cancelled);
        string policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        string html = await answer.Content.ReadAsStringAsync(Cancelled);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("script-src 'self';", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("same-origin", Assert.Single(answer.Headers.GetValues("Referrer-Policy")));
        // A script in the page itself would not run.
        Assert.DoesNotMatch("<script(?![^>]*src=)[^>]*>", html);
    }

    [Fact]
    public async Task What_recommendations_took_is_told_beside_their_budget()
    {
        using HttpResponseMessage asked = await running.Http.GetAsync(
            new Uri("/api/v1/recommendations/trending", UriKind.Relative),
            Cancelled
        );
        Assert.Equal(HttpStatusCode.OK, asked.StatusCode);

        JsonElement taken = default;
        await Poll.UntilAsync(
            async () =>
            {
                JsonElement latency = await running.Http.GetFromJsonAsync<JsonElement>(
                    "/api/v1/serving/latency",
                    Cancelled
                );
                taken = latency
                    .GetProperty("calls")
                    .EnumerateArray()
                    .Single(call => call.GetProperty("kind").GetString() == "recommendations");
                return taken.GetProperty("answers").GetInt64() > 0;
            },
            TimeSpan.FromSeconds(60),
            "the recommendation was not counted"
        );

        Assert.InRange(taken.GetProperty("p50_seconds").GetDouble(), 1e-6, 60);
        Assert.True(taken.GetProperty("p50_seconds").GetDouble() <= taken.GetProperty("p99_seconds").GetDouble());
        Assert.Equal(0.007, taken.GetProperty("budget_seconds").GetDouble());
    }

    private async Task<(HttpStatusCode Status, JsonElement Problem)> PostAsync(string call, string body, string type)
    {
        using ByteArrayContent content = new(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = type.Length == 0 ? null : new(type);
        using HttpResponseMessage answer = await running.Http.PostAsync(
            new Uri(call, UriKind.Relative),
            content,
            Cancelled
        );
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        return (answer.StatusCode, await answer.Content.ReadFromJsonAsync<JsonElement>(Cancelled));
    }

    /// <summary>The log says it in one line at the level Information, and has nothing else of that request.</summary>
    private async Task AssertOneLineAsync(JsonElement problem, string start, string words)
    {
        string trace = problem.GetProperty("trace_id").GetString()!.Split('-')[1];
        string line = await LineAsync(trace);

        Assert.Contains($" INF Serilog.AspNetCore.RequestLoggingMiddleware: {start}", line, StringComparison.Ordinal);
        Assert.Contains(words, line, StringComparison.Ordinal);
        Assert.DoesNotContain("Did you mean", problem.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("System.", problem.ToString(), StringComparison.Ordinal);
    }

    /// <summary>The only line of a trace.</summary>
    private async Task<string> LineAsync(string trace)
    {
        await Poll.UntilAsync(
            () => Task.FromResult(running.Host.Output.Contains(trace, StringComparison.Ordinal)),
            TimeSpan.FromSeconds(60),
            $"the log does not have the trace {trace}"
        );
        return Assert.Single(running.Host.Output.Split('\n'), line => line.Contains(trace, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"\{[^}]+\}", RegexOptions.None, 1_000)]
    private static partial Regex Place();

    [GeneratedRegex("^# HELP (?<name>fecom_[a-z_]+)", RegexOptions.Multiline, 1_000)]
    private static partial Regex OwnMetric();
}
