using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Fecom.Testing;

/// <summary>
/// Stands in for an MLflow server: the calls of its REST API 2.0 that Fecom makes, with the names, the error codes, the limits and the
/// rules of the real one, in memory. It can be away, lose answers, ask for credentials, and keep artifacts elsewhere.
/// </summary>
public sealed partial class MlflowServer : IAsyncDisposable
{
    private const int MaxKey = 250;
    private const int MaxParameter = 500;
    private const int MaxTag = 5_000;
    private const int MaxRequest = 1_000_000;

    private static readonly string[] Statuses = ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"];

    private readonly WebApplication _app;
    private readonly Lock _turn = new();
    private readonly Dictionary<string, string> _experiments = new(StringComparer.Ordinal);
    private readonly Dictionary<string, StoredRun> _runs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<StoredVersion>> _models = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Model, string Alias), string> _aliases = [];
    private readonly HashSet<string> _lost = new(StringComparer.Ordinal);

    private MlflowServer(WebApplication app)
    {
        _app = app;
        app.Use(GuardAsync);
        app.MapGet("/api/2.0/mlflow/experiments/get-by-name", GetExperiment);
        Map("experiments/create", CreateExperiment);
        Map("runs/create", CreateRun);
        Map("runs/search", SearchRuns);
        Map("runs/log-batch", LogBatch);
        Map("runs/update", UpdateRun);
        Map("registered-models/create", CreateModel);
        Map("registered-models/alias", SetAlias);
        app.MapDelete(
            "/api/2.0/mlflow/registered-models/alias",
            async (HttpRequest request) => DeleteAlias(await ReadAsync(request))
        );
        Map("model-versions/create", CreateVersion);
        app.MapGet("/api/2.0/mlflow/model-versions/search", SearchVersions);
        app.MapPut("/api/2.0/mlflow-artifacts/artifacts/{**path}", StoreAsync);
    }

    /// <summary>Its address.</summary>
    public string Url => _app.Urls.First();

    /// <summary>Whether it cuts off every call.</summary>
    public bool IsAway { get; set; }

    /// <summary>Whether it does what the first call of each kind and path asks, and cuts the connection instead of answering.</summary>
    public bool LosesFirstAnswers { get; set; }

    /// <summary>The header <c>Authorization</c> that it asks for; null when it lets anybody in.</summary>
    public string? Authorization { get; set; }

    /// <summary>Where artifacts of runs lie; with the default the server stores them for its clients.</summary>
    public string ArtifactRoot { get; set; } = "mlflow-artifacts:";

    /// <summary>The files that were stored, by their path.</summary>
    public ConcurrentDictionary<string, byte[]> Files { get; } = new(StringComparer.Ordinal);

    /// <summary>The runs, in the order in which they were made.</summary>
    public IReadOnlyList<StoredRun> Runs
    {
        get
        {
            lock (_turn)
            {
                return [.. _runs.Values.OrderBy(run => run.Number)];
            }
        }
    }

    /// <summary>The versions of a model.</summary>
    public IReadOnlyList<StoredVersion> VersionsOf(string model)
    {
        lock (_turn)
        {
            return [.. _models.GetValueOrDefault(model) ?? []];
        }
    }

    /// <summary>What an alias stands for; empty when it stands for nothing.</summary>
    public string AliasOf(string model, string alias)
    {
        lock (_turn)
        {
            return _aliases.GetValueOrDefault((model, alias), "");
        }
    }

    /// <summary>Starts one on a free port of the loopback address.</summary>
    public static async Task<MlflowServer> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(server => server.Limits.MaxRequestBodySize = 256 * 1024 * 1024);
        MlflowServer server = new(builder.Build());
        await server._app.StartAsync(CancellationToken.None);
        return server;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private void Map(string path, Func<JsonElement, IResult> call) =>
        _app.MapPost($"/api/2.0/mlflow/{path}", async (HttpRequest request) => call(await ReadAsync(request)));

    private async Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        if (IsAway)
        {
            context.Abort();
            return;
        }

        if (Authorization is { } wanted && context.Request.Headers.Authorization != wanted)
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            await context.Response.WriteAsync("You are not authenticated.");
            return;
        }

        using MemoryStream held = new();
        Stream answer = context.Response.Body;
        context.Response.Body = held;
        try
        {
            await next(context);
        }
        catch (MlflowFault fault)
        {
            held.SetLength(0);
            context.Response.StatusCode = fault.Status;
            await context.Response.WriteAsJsonAsync(new { error_code = fault.Code, message = fault.Message });
        }

        if (LosesFirstAnswers && IsFirst($"{context.Request.Method} {context.Request.Path}"))
        {
            context.Abort();
            return;
        }

        context.Response.Body = answer;
        held.Position = 0;
        await held.CopyToAsync(answer);
    }

    private bool IsFirst(string call)
    {
        lock (_turn)
        {
            return _lost.Add(call);
        }
    }

    /// <summary>The body, which has to be JSON.</summary>
    private static async Task<JsonElement> ReadAsync(HttpRequest request)
    {
        if (request.ContentType?.Split(';')[0] != "application/json")
        {
            throw Invalid("Bad Request. Content-Type header is missing or not application/json.");
        }

        using MemoryStream body = new();
        await request.Body.CopyToAsync(body);
        return body.Length <= MaxRequest
            ? JsonSerializer.Deserialize<JsonElement>(body.ToArray())
            : throw Invalid($"Batched logging API requests must be at most {MaxRequest} bytes.");
    }

    private IResult GetExperiment(string experiment_name)
    {
        lock (_turn)
        {
            return _experiments.TryGetValue(experiment_name, out string? id)
                ? Results.Json(
                    new
                    {
                        experiment = new
                        {
                            experiment_id = id,
                            name = experiment_name,
                            lifecycle_stage = "active",
                        },
                    }
                )
                : throw Missing($"Could not find experiment with name '{experiment_name}'");
        }
    }

    private IResult CreateExperiment(JsonElement body)
    {
        string name = Required(body, "name");
        lock (_turn)
        {
            string id = (_experiments.Count + 1).ToString(CultureInfo.InvariantCulture);
            return _experiments.TryAdd(name, id)
                ? Results.Json(new { experiment_id = id })
                : throw new MlflowFault(400, "RESOURCE_ALREADY_EXISTS", $"Experiment '{name}' already exists.");
        }
    }

    private IResult CreateRun(JsonElement body)
    {
        string experiment = Required(body, "experiment_id");
        lock (_turn)
        {
            if (!_experiments.ContainsValue(experiment))
            {
                throw Missing($"No Experiment with id={experiment} exists");
            }

            string id = Guid.NewGuid().ToString("N");
            StoredRun run = new(
                _runs.Count + 1,
                id,
                experiment,
                Required(body, "run_name"),
                body.GetProperty("start_time").GetInt64(),
                $"{ArtifactRoot}/{experiment}/{id}/artifacts"
            );
            SetTags(run.Tags, body);
            _runs.Add(id, run);
            return Results.Json(new { run = run.Answer() });
        }
    }

    private IResult SearchRuns(JsonElement body)
    {
        Match filter = TagFilter().Match(Required(body, "filter"));
        if (!filter.Success)
        {
            throw Invalid("Invalid filter string.");
        }

        string[] experiments = [.. body.GetProperty("experiment_ids").EnumerateArray().Select(id => id.GetString()!)];
        lock (_turn)
        {
            object[] found =
            [
                .. _runs
                    .Values.Where(run =>
                        experiments.Contains(run.Experiment)
                        && run.Tags.GetValueOrDefault(filter.Groups["key"].Value) == filter.Groups["value"].Value
                    )
                    .Take(body.GetProperty("max_results").GetInt32())
                    .Select(run => run.Answer()),
            ];
            // As the real one, which leaves empty lists out.
            return found.Length == 0 ? Results.Json(new { }) : Results.Json(new { runs = found });
        }
    }

    private IResult LogBatch(JsonElement body)
    {
        JsonElement[] metrics = List(body, "metrics");
        JsonElement[] parameters = List(body, "params");
        JsonElement[] tags = List(body, "tags");
        RequireLimit(1_000, "metrics", metrics.Length);
        RequireLimit(100, "params", parameters.Length);
        RequireLimit(100, "tags", tags.Length);
        RequireLimit(1_000, "metrics, params, and tags", metrics.Length + parameters.Length + tags.Length);
        lock (_turn)
        {
            StoredRun run = Find(body);
            foreach (JsonElement metric in metrics)
            {
                // A metric that is there with the same value, time and step is dropped.
                run.Metrics.Add(
                    (
                        KeyOf(metric),
                        metric.GetProperty("step").GetInt64(),
                        metric.GetProperty("value").GetDouble(),
                        metric.GetProperty("timestamp").GetInt64()
                    )
                );
            }

            foreach (JsonElement parameter in parameters)
            {
                string key = KeyOf(parameter);
                string value = Text(parameter, "value", MaxParameter);
                if (run.Parameters.TryGetValue(key, out string? before) && before != value)
                {
                    throw Invalid(
                        $"Changing param values is not allowed. Param with key='{key}' was already logged with value='{before}' for run ID='{run.Id}'. Attempted logging new value '{value}'."
                    );
                }

                run.Parameters[key] = value;
            }

            SetTags(run.Tags, body);
            return Results.Json(new { });
        }
    }

    private IResult UpdateRun(JsonElement body)
    {
        lock (_turn)
        {
            StoredRun run = Find(body);
            string status = Required(body, "status");
            run.Status = Statuses.Contains(status)
                ? status
                : throw Invalid("Invalid value for parameter 'status' supplied.");
            run.EndTime = body.GetProperty("end_time").GetInt64();
            return Results.Json(new { run_info = run.Info() });
        }
    }

    private IResult CreateModel(JsonElement body)
    {
        string name = Required(body, "name");
        lock (_turn)
        {
            return _models.TryAdd(name, [])
                ? Results.Json(new { registered_model = new { name } })
                : throw new MlflowFault(
                    400,
                    "RESOURCE_ALREADY_EXISTS",
                    $"Registered Model (name={name}) already exists."
                );
        }
    }

    private IResult CreateVersion(JsonElement body)
    {
        string name = Required(body, "name");
        string source = Required(body, "source");
        if (!source.StartsWith("mlflow-artifacts:/", StringComparison.Ordinal) || source.Split('/').Contains(".."))
        {
            throw Invalid($"Invalid model version source: '{source}'.");
        }

        lock (_turn)
        {
            List<StoredVersion> versions = VersionsIn(name);
            Dictionary<string, string> tags = new(StringComparer.Ordinal);
            SetTags(tags, body);
            StoredVersion version = new(
                (versions.Count + 1).ToString(CultureInfo.InvariantCulture),
                source,
                Find(body).Id,
                tags
            );
            versions.Add(version);
            return Results.Json(new { model_version = version.Answer(name) });
        }
    }

    private IResult SearchVersions(string filter)
    {
        Match asked = VersionFilter().Match(filter);
        if (!asked.Success)
        {
            throw Invalid($"Invalid filter '{filter}'.");
        }

        string name = asked.Groups["name"].Value;
        lock (_turn)
        {
            object[] found =
            [
                .. (_models.GetValueOrDefault(name) ?? [])
                    .Where(version => version.RunId == asked.Groups["run"].Value)
                    .Select(version => version.Answer(name)),
            ];
            return found.Length == 0 ? Results.Json(new { }) : Results.Json(new { model_versions = found });
        }
    }

    private IResult SetAlias(JsonElement body)
    {
        string name = Required(body, "name");
        string alias = Required(body, "alias");
        string number = Required(body, "version");
        if (!AliasName().IsMatch(alias) || alias == "latest" || VersionName().IsMatch(alias))
        {
            throw Invalid($"Invalid alias name: '{alias}'.");
        }

        lock (_turn)
        {
            _aliases[(name, alias)] = VersionsIn(name).Exists(version => version.Version == number)
                ? number
                : throw Missing($"Model Version (name={name}, version={number}) not found");
            return Results.Json(new { });
        }
    }

    private IResult DeleteAlias(JsonElement body)
    {
        string name = Required(body, "name");
        lock (_turn)
        {
            _ = VersionsIn(name);
            _aliases.Remove((name, Required(body, "alias")));
            return Results.Json(new { });
        }
    }

    private async Task<IResult> StoreAsync(string path, HttpRequest request)
    {
        using MemoryStream body = new();
        await request.Body.CopyToAsync(body);
        Files[path] = body.ToArray();
        return Results.Json(new { });
    }

    private StoredRun Find(JsonElement body) =>
        _runs.GetValueOrDefault(Required(body, "run_id")) ?? throw Missing("Run not found");

    private List<StoredVersion> VersionsIn(string name) =>
        _models.GetValueOrDefault(name) ?? throw Missing($"Registered Model with name={name} not found");

    private static void SetTags(Dictionary<string, string> tags, JsonElement body)
    {
        foreach (JsonElement tag in List(body, "tags"))
        {
            tags[KeyOf(tag)] = Text(tag, "value", MaxTag);
        }
    }

    private static JsonElement[] List(JsonElement body, string name) =>
        body.TryGetProperty(name, out JsonElement list) ? [.. list.EnumerateArray()] : [];

    private static string KeyOf(JsonElement entry)
    {
        string key = Text(entry, "key", MaxKey);
        return Name().IsMatch(key) ? key : throw Invalid($"Invalid name: '{key}'.");
    }

    private static string Text(JsonElement entry, string name, int length)
    {
        string text = Required(entry, name);
        return text.Length <= length
            ? text
            : throw Invalid($"'{text[..MaxKey]}' had length {text.Length}, which exceeded length limit of {length}");
    }

    private static string Required(JsonElement body, string name) =>
        body.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw Invalid($"Missing value for required parameter '{name}'.");

    private static void RequireLimit(int limit, string what, int count)
    {
        if (count > limit)
        {
            throw Invalid(
                $"A batch logging request can contain at most {limit} {what}. Got {count} {what}. Please split up {what} across multiple requests and try again."
            );
        }
    }

    private static MlflowFault Invalid(string message) => new(400, "INVALID_PARAMETER_VALUE", message);

    private static MlflowFault Missing(string message) => new(404, "RESOURCE_DOES_NOT_EXIST", message);

    [GeneratedRegex("^tags\\.(?<key>\\w+) = '(?<value>[^']+)'$", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex TagFilter();

    [GeneratedRegex("^name = '(?<name>[^']+)' and run_id = '(?<run>[^']+)'$", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex VersionFilter();

    [GeneratedRegex(@"^[/\w.\- ]+$", RegexOptions.None, 1_000)]
    private static partial Regex Name();

    [GeneratedRegex(@"^[\w\-]+$", RegexOptions.None, 1_000)]
    private static partial Regex AliasName();

    [GeneratedRegex(@"^[vV]\d+$", RegexOptions.None, 1_000)]
    private static partial Regex VersionName();

    private sealed class MlflowFault(int status, string code, string message) : Exception(message)
    {
        public int Status => status;

        public string Code => code;
    }

    /// <summary>A run.</summary>
    public sealed class StoredRun(
        int number,
        string id,
        string experiment,
        string name,
        long startTime,
        string artifactUri
    )
    {
        internal int Number => number;

        internal string Experiment => experiment;

        /// <summary>Its id.</summary>
        public string Id => id;

        /// <summary>Its name.</summary>
        public string Name => name;

        /// <summary>Where its artifacts lie among <see cref="Files"/>, with a slash at the end.</summary>
        public string Folder => $"{experiment}/{id}/artifacts/";

        /// <summary><c>RUNNING</c> until it is updated.</summary>
        public string Status { get; set; } = "RUNNING";

        /// <summary>When it ended, in milliseconds since 1970.</summary>
        public long EndTime { get; set; }

        /// <summary>When it began, in milliseconds since 1970.</summary>
        public long StartTime => startTime;

        /// <summary>Parameters.</summary>
        public Dictionary<string, string> Parameters { get; } = new(StringComparer.Ordinal);

        /// <summary>Tags.</summary>
        public Dictionary<string, string> Tags { get; } = new(StringComparer.Ordinal);

        /// <summary>Metrics with their steps, values and times.</summary>
        public HashSet<(string Key, long Step, double Value, long Timestamp)> Metrics { get; } = [];

        internal object Info() =>
            new
            {
                run_id = id,
                experiment_id = experiment,
                run_name = name,
                status = Status,
                start_time = startTime,
                end_time = EndTime,
                artifact_uri = artifactUri,
                lifecycle_stage = "active",
            };

        internal object Answer() => new { info = Info(), data = new { } };
    }

    /// <summary>A version of a registered model.</summary>
    /// <param name="Version">Its number.</param>
    /// <param name="Source">Where its files lie.</param>
    /// <param name="RunId">The run that made it.</param>
    /// <param name="Tags">Its tags.</param>
    public sealed record StoredVersion(
        string Version,
        string Source,
        string RunId,
        IReadOnlyDictionary<string, string> Tags
    )
    {
        internal object Answer(string name) =>
            new
            {
                name,
                version = Version,
                source = Source,
                run_id = RunId,
                status = "READY",
            };
    }
}
