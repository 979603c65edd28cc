using System.Net;
using System.Text;
using System.Text.Json;

namespace Fecom.FunctionalTests;

/// <summary>What <c>/swagger</c> says is whole, true, and of use to a program: each rule holds for every call, found in the served document.</summary>
public sealed class ApiDescriptionTests(SampleHost host) : IClassFixture<SampleHost>
{
    private static readonly string[] Methods = ["get", "post", "put", "delete", "patch"];

    /// <summary>Fields that say which of a few things something is.</summary>
    private static readonly string[] OneOfFew =
    [
        "state",
        "status",
        "kind",
        "algorithm",
        "fallback",
        "fallback_reason",
        "event_type",
        "by",
    ];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public void Every_call_parameter_and_field_says_what_it_is()
    {
        List<string> silent = [];
        foreach (Call call in Calls())
        {
            Require(call.Name, call.Operation);
            Require($"{call.Name}: summary", call.Operation, "summary");
            foreach ((string name, JsonElement field) in Bodies(call).SelectMany(Fields))
            {
                Require($"{call.Name}: {name}", field);
            }

            foreach (JsonElement parameter in call.Parameters)
            {
                Require($"{call.Name}: {parameter.GetProperty("name")}", parameter);
            }
        }

        foreach (JsonProperty schema in Schemas())
        {
            Require(schema.Name, schema.Value);
            foreach ((string name, JsonElement field) in Fields(schema.Value))
            {
                Require($"{schema.Name}.{name}", field);
            }
        }

        Assert.Empty(silent);

        void Require(string place, JsonElement what, string word = "description")
        {
            if (!what.TryGetProperty(word, out JsonElement text) || string.IsNullOrWhiteSpace(text.GetString()))
            {
                silent.Add(place);
            }
        }
    }

    [Fact]
    public void Every_call_has_a_name_of_its_own_a_heading_and_a_scope()
    {
        Call[] calls = [.. Calls()];

        Assert.InRange(calls.Length, 28, 200);
        Assert.All(
            calls,
            call => Assert.Matches("^[A-Z][A-Za-z]+$", call.Operation.GetProperty("operationId").GetString())
        );
        Assert.Distinct(calls.Select(call => call.Operation.GetProperty("operationId").GetString()));
        Assert.All(calls, call => Assert.NotEqual(0, call.Operation.GetProperty("tags").GetArrayLength()));
        Assert.All(
            calls.Where(call => call.Path.StartsWith("/api/", StringComparison.Ordinal)),
            call => Assert.Matches("^[a-z_]+$", call.Operation.GetProperty("x-scope").GetString())
        );
        Assert.Contains(calls, call => call.Path == "/health/ready");
        Assert.Contains(
            calls.Single(call => call.Path == "/api/v1/events").Parameters,
            parameter => parameter.GetProperty("name").GetString() == "Idempotency-Key"
        );
    }

    [Fact]
    public void What_is_one_of_a_few_is_an_enum_and_every_number_that_is_asked_for_has_its_limits()
    {
        Assert.Empty(
            Schemas()
                .SelectMany(schema =>
                    Fields(schema.Value)
                        .Where(field =>
                            OneOfFew.Contains(field.Name)
                            && IsText(field.Schema)
                            && !field.Schema.TryGetProperty("enum", out _)
                        )
                        .Select(field => $"{schema.Name}.{field.Name}")
                )
        );
        Assert.Empty(
            Calls()
                .SelectMany(call =>
                    call.Parameters.Where(parameter => parameter.GetProperty("in").GetString() == "query")
                        .Where(parameter =>
                            parameter.GetProperty("schema").TryGetProperty("type", out JsonElement type)
                            && type.ToString() is "integer" or "number"
                            && !parameter.GetProperty("schema").TryGetProperty("maximum", out _)
                        )
                        .Select(parameter => $"{call.Name}: {parameter.GetProperty("name")}")
                )
        );
    }

    [Fact]
    public void Every_list_pages_alike()
    {
        Call[] lists =
        [
            .. Calls()
                .Where(call =>
                    call.Operation.GetProperty("operationId").GetString()!.StartsWith("List", StringComparison.Ordinal)
                ),
        ];

        Assert.InRange(lists.Length, 12, 100);
        Assert.All(
            lists,
            list =>
            {
                string?[] names = [.. list.Parameters.Select(parameter => parameter.GetProperty("name").GetString())];
                Assert.Contains("limit", names);
                Assert.Contains("cursor", names);
                Assert.Contains(Fields(Resolve(Answer(list.Operation)!.Value)), field => field.Name == "next");
            }
        );
    }

    [Fact]
    public async Task Every_example_works_as_it_stands_and_is_answered_as_described()
    {
        List<string> faults = [];
        foreach (Call call in Calls().OrderBy(call => call.Method == "get"))
        {
            foreach (string? body in Examples(call))
            {
                string address = Address(call);
                using HttpRequestMessage request = new(new HttpMethod(call.Method), address);
                request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
                using HttpResponseMessage answer = await host.Http.SendAsync(request, Cancelled);
                string text = await answer.Content.ReadAsStringAsync(Cancelled);
                // Need an Elasticsearch, a version before the first one, or a study that has not ended, and say so.
                bool isRefused =
                    answer.StatusCode == HttpStatusCode.Conflict
                    && (
                        call.Path == "/api/v1/invalid-events/index"
                        || call.Path.EndsWith("/rollback", StringComparison.Ordinal)
                        || call.Path.EndsWith("/cancel", StringComparison.Ordinal)
                    );
                if (!answer.IsSuccessStatusCode && !isRefused)
                {
                    faults.Add($"{call.Method} {address} {body}: {(int)answer.StatusCode} {text}");
                }
                else if (answer.IsSuccessStatusCode && Answer(call.Operation) is { } schema)
                {
                    using JsonDocument answered = JsonDocument.Parse(text);
                    Check(schema, answered.RootElement, address, faults);
                }
            }
        }

        Assert.Empty(faults);
    }

    [Fact]
    public void A_client_is_generated_from_the_document_and_compiles() =>
        Assert.Empty(GeneratedClient.Errors(host.Description.GetRawText()));

    private IEnumerable<Call> Calls() =>
        host
            .Description.GetProperty("paths")
            .EnumerateObject()
            .SelectMany(path =>
                path.Value.EnumerateObject()
                    .Where(method => Methods.Contains(method.Name))
                    .Select(method => new Call(path.Name, method.Name, method.Value))
            );

    private IEnumerable<JsonProperty> Schemas() =>
        host.Description.GetProperty("components").GetProperty("schemas").EnumerateObject();

    private static IEnumerable<(string Name, JsonElement Schema)> Fields(JsonElement schema) =>
        schema.TryGetProperty("properties", out JsonElement fields)
            ? fields.EnumerateObject().Select(field => (field.Name, field.Value))
            : [];

    private static bool IsText(JsonElement schema) =>
        schema.TryGetProperty("type", out JsonElement type)
        && type.ToString().Contains("string", StringComparison.Ordinal);

    private static JsonElement? Answer(JsonElement operation)
    {
        foreach (string status in (string[])["200", "202"])
        {
            if (
                operation.GetProperty("responses").TryGetProperty(status, out JsonElement answer)
                && answer.TryGetProperty("content", out JsonElement content)
                && content.TryGetProperty("application/json", out JsonElement json)
            )
            {
                return json.GetProperty("schema");
            }
        }

        return null;
    }

    /// <summary>What a call takes, each of its kinds: a schema of its own has its fields checked where it stands.</summary>
    private static IEnumerable<JsonElement> Bodies(Call call) =>
        call.Operation.TryGetProperty("requestBody", out JsonElement body)
            ? body.GetProperty("content")
                .EnumerateObject()
                .Select(content => content.Value.GetProperty("schema"))
                .SelectMany(schema =>
                    schema.TryGetProperty("anyOf", out JsonElement kinds)
                        ? kinds
                            .EnumerateArray()
                            .Select(kind => kind.TryGetProperty("items", out JsonElement items) ? items : kind)
                        : [schema]
                )
            : [];

    private static IEnumerable<string?> Examples(Call call)
    {
        if (!call.Operation.TryGetProperty("requestBody", out JsonElement body))
        {
            return [null];
        }

        JsonElement json = body.GetProperty("content").GetProperty("application/json");
        string[] examples = json.TryGetProperty("examples", out JsonElement several)
            ? [.. several.EnumerateObject().Select(example => example.Value.GetProperty("value").GetRawText())]
            : [json.GetProperty("example").GetRawText()];
        Assert.NotEmpty(examples);
        return examples;
    }

    private static string Address(Call call) =>
        call
            .Parameters.Where(parameter => parameter.GetProperty("in").GetString() == "path")
            .Aggregate(
                call.Path,
                (path, parameter) =>
                    path.Replace(
                        $"{{{parameter.GetProperty("name").GetString()}}}",
                        Uri.EscapeDataString(parameter.GetProperty("example").ToString()),
                        StringComparison.Ordinal
                    )
            );

    private JsonElement Resolve(JsonElement schema) =>
        schema.TryGetProperty("$ref", out JsonElement reference)
            ? host
                .Description.GetProperty("components")
                .GetProperty("schemas")
                .GetProperty(reference.GetString()!.Split('/')[^1])
            : schema;

    /// <summary>Whether an answer has the fields, kinds and words that the document says.</summary>
    private void Check(JsonElement schema, JsonElement value, string place, List<string> faults)
    {
        if (schema.TryGetProperty("oneOf", out JsonElement either))
        {
            if (value.ValueKind != JsonValueKind.Null)
            {
                Check(either.EnumerateArray().First(one => one.TryGetProperty("$ref", out _)), value, place, faults);
            }

            return;
        }

        JsonElement known = Resolve(schema);
        if (
            known.TryGetProperty("type", out JsonElement type)
            && !type.ToString().Contains(KindOf(value), StringComparison.Ordinal)
        )
        {
            faults.Add($"{place} is {KindOf(value)}, not {type}");
        }

        if (
            known.TryGetProperty("enum", out JsonElement words)
            && !words.EnumerateArray().Any(word => word.ToString() == value.ToString())
        )
        {
            faults.Add($"{place} is {value}, none of {words}");
        }

        if (value.ValueKind == JsonValueKind.Array && known.TryGetProperty("items", out JsonElement items))
        {
            foreach (JsonElement item in value.EnumerateArray())
            {
                Check(items, item, $"{place}[]", faults);
            }
        }
        else if (value.ValueKind == JsonValueKind.Object && known.TryGetProperty("properties", out JsonElement fields))
        {
            foreach (JsonProperty field in value.EnumerateObject())
            {
                if (fields.TryGetProperty(field.Name, out JsonElement described))
                {
                    Check(described, field.Value, $"{place}.{field.Name}", faults);
                }
                else
                {
                    faults.Add($"{place}.{field.Name} is not described");
                }
            }
        }
    }

    private static string KindOf(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.Object => "object",
            JsonValueKind.Array => "array",
            JsonValueKind.String => "string",
            // A whole number may be of either kind.
            JsonValueKind.Number => value.TryGetInt64(out _) ? "" : "number",
            JsonValueKind.True or JsonValueKind.False => "boolean",
            _ => "null",
        };

    private sealed record Call(string Path, string Method, JsonElement Operation)
    {
        public string Name => $"{Method} {Path}";

        public IEnumerable<JsonElement> Parameters =>
            Operation.TryGetProperty("parameters", out JsonElement parameters) ? parameters.EnumerateArray() : [];
    }
}
