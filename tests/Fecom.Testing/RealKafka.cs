using System.Net.Http.Json;
using System.Text.Json;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Fecom.Testing;

/// <summary>A real Kafka, with one broker or three, and Kafka Connect with Debezium beside it; or the one that <c>FECOM_TEST_KAFKA</c> names, of which nothing is killed.</summary>
public sealed class RealKafka : IAsyncDisposable
{
    private const string Script = "kafka/kafka.sh";
    private const string Variable = "FECOM_TEST_KAFKA";

    private readonly RealServer? _server;
    private int _connectPort;

    private RealKafka(RealServer? server, string bootstrapServers)
    {
        _server = server;
        BootstrapServers = bootstrapServers;
    }

    /// <summary>As <c>Kafka:BootstrapServers</c> takes it.</summary>
    public string BootstrapServers { get; }

    /// <summary>Why there is none; null when there can be one.</summary>
    public static string? Missing => Named is null ? RealServer.Missing(Script, Variable) : null;

    /// <summary>Why there is none that may be killed, with Connect beside it; null when there can be one.</summary>
    public static string? MissingOwn => RealServer.Missing(Script, Variable);

    private static string? Named => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named and not "embedded" ? named : null;

    /// <summary>Starts brokers of the test run's own, or takes the named one.</summary>
    /// <param name="brokers">1 or 3.</param>
    /// <param name="own">Never the named one: the test kills brokers, or needs Connect.</param>
    public static async Task<RealKafka> StartAsync(int brokers = 1, bool own = false)
    {
        if (!own && Named is { } named)
        {
            return new RealKafka(null, named);
        }

        // Controllers listen ten ports above the brokers.
        int port = RealServer.FreePorts(10 + brokers);
        RealServer server = await RealServer.StartAsync(Script, "--port", $"{port}", "--brokers", $"{brokers}");
        return new RealKafka(server, server.Address);
    }

    /// <summary>Removes all topics, and with them the groups' offsets of them: the next test begins on an empty cluster.</summary>
    public async Task ClearAsync()
    {
        using IAdminClient admin = Admin();
        await Poll.UntilAsync(
            async () =>
            {
                string[] topics = [.. Topics(admin)];
                if (topics.Length > 0)
                {
                    await DeleteAsync(admin, topics);
                }

                return topics.Length == 0;
            },
            TimeSpan.FromSeconds(60),
            "topics are not removed"
        );
    }

    /// <summary>An administrator's client.</summary>
    public IAdminClient Admin() => new AdminClientBuilder(new AdminClientConfig { BootstrapServers = BootstrapServers }).Build();

    /// <summary>kill -9 of a broker, from 1 on.</summary>
    public Task KillAsync(int broker) => _server!.RunAsync("kill", $"{broker}");

    /// <summary>Starts a killed broker again on its data.</summary>
    public Task RestartAsync(int broker) => _server!.RunAsync("restart", $"{broker}");

    /// <summary>Has a broker stand still, as a network that hangs does.</summary>
    public Task PauseAsync(int broker) => _server!.RunAsync("pause", $"{broker}");

    /// <summary>Lets a paused broker go on.</summary>
    public Task ResumeAsync(int broker) => _server!.RunAsync("resume", $"{broker}");

    /// <summary>Starts Kafka Connect; its address is <see cref="ConnectorsUrl"/>.</summary>
    public async Task StartConnectAsync()
    {
        if (_connectPort == 0)
        {
            _connectPort = RealServer.FreePorts(1);
        }

        await _server!.RunAsync("connect", "--port", $"{_connectPort}");
    }

    /// <summary>kill -9 of Kafka Connect.</summary>
    public async Task KillConnectAsync()
    {
        string pid = (await File.ReadAllTextAsync(Path.Combine(_server!.Folder, "connect.pid"))).Trim();
        using System.Diagnostics.Process kill = System.Diagnostics.Process.Start("/bin/kill", ["-9", pid]);
        await kill.WaitForExitAsync();
        await Poll.UntilAsync(() => Task.FromResult(!Directory.Exists($"/proc/{pid}")), TimeSpan.FromSeconds(10), "Connect does not end");
    }

    /// <summary>Creates a connector, or sets its settings anew, and waits until it runs.</summary>
    public async Task ConnectAsync(string name, IReadOnlyDictionary<string, string> settings)
    {
        using HttpClient http = new() { BaseAddress = ConnectorsUrl };
        using HttpResponseMessage answer = await http.PutAsJsonAsync($"connectors/{name}/config", settings);
        if (!answer.IsSuccessStatusCode)
        {
            throw new InvalidOperationException(await answer.Content.ReadAsStringAsync());
        }

        await Poll.UntilEqualAsync("RUNNING", () => StateAsync(http, name), TimeSpan.FromSeconds(60), $"the connector {name}");
    }

    /// <summary>Connect's REST address.</summary>
    public Uri ConnectorsUrl => new($"http://127.0.0.1:{_connectPort}/");

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static async Task<string> StateAsync(HttpClient http, string name)
    {
        using HttpResponseMessage answer = await http.GetAsync(new Uri($"connectors/{name}/status", UriKind.Relative));
        if (!answer.IsSuccessStatusCode)
        {
            return $"{answer.StatusCode}";
        }

        JsonElement status = await answer.Content.ReadFromJsonAsync<JsonElement>();
        JsonElement task = status.GetProperty("tasks").EnumerateArray().FirstOrDefault();
        return task.ValueKind != JsonValueKind.Object ? "no task"
            : task.TryGetProperty("trace", out JsonElement trace) ? $"{task.GetProperty("state").GetString()}: {trace.GetString()}"
            : task.GetProperty("state").GetString()!;
    }

    private static IEnumerable<string> Topics(IAdminClient admin) =>
        admin.GetMetadata(TimeSpan.FromSeconds(60)).Topics.Select(topic => topic.Topic).Where(topic => !topic.StartsWith("__", StringComparison.Ordinal));

    private static async Task DeleteAsync(IAdminClient admin, string[] topics)
    {
        try
        {
            await admin.DeleteTopicsAsync(topics);
        }
        catch (DeleteTopicsException e) when (e.Results.All(result => result.Error.Code is ErrorCode.NoError or ErrorCode.UnknownTopicOrPart))
        {
            // Gone by the last round; a broker's metadata shows it a little longer.
        }
    }
}
