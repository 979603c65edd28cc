using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Fecom.Platform.Retries;
using Microsoft.Extensions.Options;
using Polly.Timeout;

namespace Fecom.Training.TellMlflow;

/// <summary>Calls MLflow's REST API, version 2.0, and the part of it that stores artifacts.</summary>
internal sealed class MlflowClient(HttpClient http, IOptions<MlflowOptions> options, IServiceProvider services)
{
    private const long LargestAnswer = 16 * 1024 * 1024;
    private const int MaxMessageLength = 1_000;
    private const string NotMlflow = "what answers at MLflow:TrackingUri is not MLflow's REST API";

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Sets a client's address, credentials and maximum answer size.</summary>
    public static void Configure(HttpClient http, MlflowOptions to)
    {
        Uri uri = new(to.TrackingUri!.TrimEnd('/') + "/");
        http.BaseAddress = new UriBuilder(uri) { UserName = "", Password = "" }.Uri;
        http.MaxResponseContentBufferSize = LargestAnswer;
        http.DefaultRequestHeaders.Authorization = Authorization(to, uri);
    }

    /// <summary>Asks for something.</summary>
    /// <param name="path">Below <c>api/2.0/mlflow/</c>.</param>
    /// <param name="query">Names and values.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="MlflowAwayException">There is no answer, or a temporary one.</exception>
    /// <exception cref="MlflowRefusedException">It refuses the call.</exception>
    public Task<JsonElement> GetAsync(
        string path,
        IReadOnlyDictionary<string, string> query,
        CancellationToken cancellationToken
    )
    {
        string values = string.Join(
            '&',
            query.Select(pair => $"{pair.Key}={Uri.EscapeDataString(pair.Value)}").Order(StringComparer.Ordinal)
        );
        return SendAsync(HttpMethod.Get, $"api/2.0/mlflow/{path}?{values}", content: null, cancellationToken);
    }

    /// <inheritdoc cref="SendAsync(HttpMethod, string, object, CancellationToken)"/>
    public Task<JsonElement> PostAsync(string path, object body, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, path, body, cancellationToken);

    /// <summary>Sends a body as JSON.</summary>
    /// <param name="method">The method.</param>
    /// <param name="path">Below <c>api/2.0/mlflow/</c>.</param>
    /// <param name="body">The body; names become snake case, and what is null is left out.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="MlflowAwayException">There is no answer, or a temporary one.</exception>
    /// <exception cref="MlflowRefusedException">It refuses the call.</exception>
    public async Task<JsonElement> SendAsync(
        HttpMethod method,
        string path,
        object body,
        CancellationToken cancellationToken
    )
    {
        using ByteArrayContent content = new(JsonSerializer.SerializeToUtf8Bytes(body, Json));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return await SendAsync(method, $"api/2.0/mlflow/{path}", content, cancellationToken);
    }

    /// <summary>Stores a file beside a run; one of the same name is replaced.</summary>
    /// <param name="artifactUri">Where the run's artifacts lie, as MLflow says.</param>
    /// <param name="name">The file's name, such as <c>model/model.onnx</c>.</param>
    /// <param name="bytes">The file.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="MlflowAwayException">There is no answer, or a temporary one.</exception>
    /// <exception cref="MlflowRefusedException">The artifacts lie where this server does not store them for its clients.</exception>
    public async Task UploadAsync(string artifactUri, string name, byte[] bytes, CancellationToken cancellationToken)
    {
        string folder = FolderOf(artifactUri);
        string path = string.Join('/', $"{folder}/{name}".Split('/').Select(Uri.EscapeDataString));
        using ByteArrayContent content = new(bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        await SendAsync(HttpMethod.Put, $"api/2.0/mlflow-artifacts/artifacts/{path}", content, cancellationToken);
    }

    /// <summary>A field of an answer.</summary>
    /// <exception cref="MlflowAwayException">It is not there: what answers is not MLflow.</exception>
    public static JsonElement Step(JsonElement answer, string name) =>
        answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty(name, out JsonElement field)
            ? field
            : throw new MlflowAwayException($"{NotMlflow}: its answer has no '{name}'");

    /// <summary>A text or number of an answer.</summary>
    /// <exception cref="MlflowAwayException">It is not there: what answers is not MLflow.</exception>
    public static string Read(JsonElement answer, params ReadOnlySpan<string> path)
    {
        foreach (string name in path)
        {
            answer = Step(answer, name);
        }

        return answer.ToString();
    }

    /// <summary>The same, where it may be missing: then it is empty.</summary>
    public static string Find(JsonElement answer, string outer, string inner) =>
        Step(answer, outer).TryGetProperty(inner, out JsonElement field) ? field.ToString() : "";

    /// <summary>The first element of a list; null when there is none.</summary>
    public static JsonElement? First(JsonElement answer, string list) =>
        answer.ValueKind == JsonValueKind.Object
        && answer.TryGetProperty(list, out JsonElement elements)
        && elements.ValueKind == JsonValueKind.Array
        && elements.GetArrayLength() > 0
            ? elements[0]
            : null;

    /// <summary>The folder of <c>mlflow-artifacts:/1/abc/artifacts</c>: the server's own, which it stores for its clients.</summary>
    private string FolderOf(string artifactUri) =>
        Uri.TryCreate(artifactUri, UriKind.Absolute, out Uri? uri)
        && uri.Scheme == "mlflow-artifacts"
        && (uri.Authority.Length == 0 || (uri.Host == http.BaseAddress!.Host && uri.Port == http.BaseAddress.Port))
            ? Uri.UnescapeDataString(uri.AbsolutePath).Trim('/')
            : throw new MlflowRefusedException(
                $"the artifacts of the experiment '{options.Value.Experiment}' lie at {artifactUri}, and Fecom stores files through the MLflow server alone (mlflow-artifacts:): start it with --serve-artifacts, and name a new experiment in MLflow:Experiment, since one keeps its place for good"
            );

    private async Task<JsonElement> SendAsync(
        HttpMethod method,
        string path,
        HttpContent? content,
        CancellationToken cancellationToken
    )
    {
        using HttpRequestMessage request = new(method, new Uri(path, UriKind.Relative)) { Content = content };
        try
        {
            using HttpResponseMessage answer = await http.SendAsync(request, cancellationToken);
            byte[] body = await answer.Content.ReadAsByteArrayAsync(cancellationToken);
            return answer.IsSuccessStatusCode ? Parse(body) : throw Failure(answer, body);
        }
        catch (Exception e)
            when (e is TimeoutRejectedException or OperationCanceledException
                && !cancellationToken.IsCancellationRequested
            )
        {
            throw new MlflowAwayException(
                $"it does not answer within {options.Value.TimeoutSeconds.ToString(CultureInfo.InvariantCulture)} s"
            );
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new MlflowAwayException($"it does not answer: {e.GetBaseException().Message}");
        }
    }

    /// <summary>The answer; empty where MLflow answers without a body.</summary>
    private static JsonElement Parse(byte[] body)
    {
        try
        {
            return JsonSerializer.Deserialize<JsonElement>(body.Length == 0 ? "{}"u8 : body);
        }
        catch (JsonException)
        {
            // A page of a proxy, or of something else at this address.
            throw new MlflowAwayException(NotMlflow);
        }
    }

    private Exception Failure(HttpResponseMessage answer, byte[] body)
    {
        (string code, string message) = ErrorOf(body);
        string text = $"it answers {(int)answer.StatusCode}{(message.Length > 0 ? $" {code}: {message}" : "")}";
        return answer.StatusCode switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new MlflowAwayException(
                $"{text}: look at MLflow:Token, or MLflow:Username and MLflow:Password, and at what the account may do"
            ),
            // An error code of its own tells MLflow's 404 from that of another server at the address.
            HttpStatusCode.NotFound when code.Length == 0 => new MlflowAwayException(
                $"{text}: MLflow:TrackingUri is not the address of an MLflow server"
            ),
            HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError =>
                new MlflowAwayException(text, ResilientHttp.RetryAfter(answer, services)),
            _ => new MlflowRefusedException(text, code),
        };
    }

    private static (string Code, string Message) ErrorOf(byte[] body)
    {
        try
        {
            JsonElement error = JsonSerializer.Deserialize<JsonElement>(body);
            return error.ValueKind == JsonValueKind.Object
                ? (Text(error, "error_code"), Text(error, "message"))
                : ("", "");
        }
        catch (JsonException)
        {
            return ("", "");
        }
    }

    private static string Text(JsonElement error, string name) =>
        error.TryGetProperty(name, out JsonElement text) && text.ValueKind == JsonValueKind.String
            ? text.GetString()![..Math.Min(text.GetString()!.Length, MaxMessageLength)].Replace('\0', ' ')
            : "";

    private static AuthenticationHeaderValue? Authorization(MlflowOptions to, Uri uri)
    {
        if (!string.IsNullOrEmpty(to.Token))
        {
            return new AuthenticationHeaderValue("Bearer", to.Token);
        }

        string user = string.IsNullOrEmpty(to.Username)
            ? Uri.UnescapeDataString(uri.UserInfo)
            : $"{to.Username}:{to.Password}";
        return user.Length == 0
            ? null
            : new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(user)));
    }
}
