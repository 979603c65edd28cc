using System.Globalization;
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

    private RealKafka(RealServer? server, string bootstrapServers, int brokers)
    {
        _server = server;
        Brokers = brokers;
        BootstrapServers = bootstrapServers;
    }

    /// <summary>As <c>Kafka:BootstrapServers</c> takes it.</summary>
    public string BootstrapServers { get; }

    /// <summary>Why there is none; null when there can be one.</summary>
    public static string? Missing =>
        Named is null
            ? RealServer.Missing(Script, Variable, ", such as docker compose's: all its topics are removed")
            : null;

    /// <summary>Why there is none that may be killed, with Connect beside it; null when there can be one.</summary>
    public static string? MissingOwn => RealServer.Missing(Script, variable: null);

    private static string? Named =>
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named and not "embedded" ? named : null;

    /// <summary>Starts brokers of the test run's own, or takes the named one.</summary>
    /// <param name="brokers">1 or 3.</param>
    /// <param name="own">Never the named one: the test kills brokers, or needs Connect.</param>
    /// <param name="security">Of brokers of its own: <c>plain</c>, <c>tls</c>, <c>sasl</c> or <c>sasl-tls</c>; the account is <c>fecom</c>, its password <c>fecom-secret</c>.</param>
    /// <param name="port">Of the first broker of its own; 0 for any.</param>
    public static async Task<RealKafka> StartAsync(
        int brokers = 1,
        bool own = false,
        string security = "plain",
        int port = 0
    )
    {
        if (!own && Named is { } named)
        {
            return new RealKafka(null, named, brokers: 0);
        }

        // Controllers listen ten ports above the brokers.
        port = port == 0 ? RealServer.FreePorts(10 + brokers) : port;
        RealServer server = await RealServer.StartAsync(
            Script,
            "--port",
            $"{port}",
            "--brokers",
            $"{brokers}",
            "--security",
            security
        );
        return new RealKafka(server, server.Address, brokers) { Security = security };
    }

    /// <summary>How brokers of the test run's own are secured.</summary>
    public string Security { get; private init; } = "plain";

    /// <summary>PEM file of the authority that signs the certificates of brokers of the test run's own.</summary>
    public string CaFile => Path.Combine(_server!.Folder, "ca.pem");

    /// <summary>Brokers that are the test run's own.</summary>
    public int Brokers { get; }

    /// <summary>Process id of a broker of the test run's own, from 1 on.</summary>
    public int Pid(int broker) => int.Parse(File.ReadAllText(PidFile(broker)), CultureInfo.InvariantCulture);

    /// <summary>Waits until all brokers are members of the cluster, as after their start.</summary>
    public async Task WholeAsync()
    {
        using IAdminClient admin = Admin();
        await Poll.UntilEqualAsync(
            Brokers,
            () => Task.FromResult(admin.GetMetadata(TimeSpan.FromSeconds(60)).Brokers.Count),
            TimeSpan.FromSeconds(60),
            "brokers in the cluster"
        );
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
    public IAdminClient Admin() => new AdminClientBuilder(Reach(new AdminClientConfig())).Build();

    /// <summary>A client's configuration, with the administrator's account where there is one.</summary>
    public T Reach<T>(T config)
        where T : ClientConfig
    {
        config.BootstrapServers = BootstrapServers;
        bool tls = Security.EndsWith("tls", StringComparison.Ordinal);
        bool sasl = Security.StartsWith("sasl", StringComparison.Ordinal);
        config.SecurityProtocol = (tls, sasl) switch
        {
            (true, true) => SecurityProtocol.SaslSsl,
            (true, false) => SecurityProtocol.Ssl,
            (false, true) => SecurityProtocol.SaslPlaintext,
            _ => SecurityProtocol.Plaintext,
        };
        config.SslCaLocation = tls ? CaFile : null;
        config.SaslMechanism = sasl ? SaslMechanism.ScramSha512 : null;
        config.SaslUsername = sasl ? "fecom" : null;
        config.SaslPassword = sasl ? "fecom-secret" : null;
        return config;
    }

    /// <summary>kill -9 of a broker, from 1 on.</summary>
    public Task KillAsync(int broker) => _server!.RunAsync("kill", $"{broker}");

    /// <summary>SIGTERM of a broker, as before an upgrade: it hands its leaders over and ends.</summary>
    public async Task StopAsync(int broker)
    {
        int pid = Pid(broker);
        using System.Diagnostics.Process terminate = System.Diagnostics.Process.Start("/bin/kill", ["-TERM", $"{pid}"]);
        await terminate.WaitForExitAsync();
        await Poll.UntilAsync(
            () => Task.FromResult(!Directory.Exists($"/proc/{pid}")),
            TimeSpan.FromSeconds(60),
            $"broker {broker} does not end"
        );
        File.Delete(PidFile(broker));
    }

    /// <summary>Gives a partition another leader, of the replicas that are in step; waits while there is but one.</summary>
    public async Task MoveLeaderAsync(string topic, int partition)
    {
        using IAdminClient admin = Admin();
        PartitionMetadata now = Of(admin);
        await Poll.UntilAsync(
            () => Task.FromResult((now = Of(admin)).InSyncReplicas.Length > 1),
            TimeSpan.FromSeconds(60),
            $"{topic} {partition} has one replica in step"
        );
        int next = now.InSyncReplicas.First(replica => replica != now.Leader);
        int[] replicas = [next, .. now.Replicas.Where(replica => replica != next)];
        string plan = Path.Combine(_server!.Folder, "reassignment.json");
        await File.WriteAllTextAsync(
            plan,
            JsonSerializer.Serialize(
                new
                {
                    version = 1,
                    partitions = new[]
                    {
                        new
                        {
                            topic,
                            partition,
                            replicas,
                        },
                    },
                }
            )
        );
        await _server.RunClassAsync(
            "org.apache.kafka.tools.reassign.ReassignPartitionsCommand",
            ["--bootstrap-server", BootstrapServers, "--reassignment-json-file", plan, "--execute"]
        );
        await Poll.UntilAsync(
            async () =>
            {
                try
                {
                    await admin.ElectLeadersAsync(ElectionType.Preferred, [new TopicPartition(topic, partition)]);
                }
                catch (ElectLeadersException)
                {
                    // The new order of replicas is not known everywhere yet, or the leader is the preferred one already.
                }

                return Of(admin).Leader == next;
            },
            TimeSpan.FromSeconds(60),
            $"the leader of {topic} {partition} does not move"
        );

        PartitionMetadata Of(IAdminClient of) =>
            of.GetMetadata(topic, TimeSpan.FromSeconds(60))
                .Topics.Single()
                .Partitions.Single(entry => entry.PartitionId == partition);
    }

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
        await Poll.UntilAsync(
            () => Task.FromResult(!Directory.Exists($"/proc/{pid}")),
            TimeSpan.FromSeconds(60),
            "Connect does not end"
        );
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

        await Poll.UntilEqualAsync(
            "RUNNING",
            () => StateAsync(http, name),
            TimeSpan.FromSeconds(60),
            $"the connector {name}"
        );
    }

    /// <summary>Removes a connector.</summary>
    public async Task DisconnectAsync(string name)
    {
        using HttpClient http = new() { BaseAddress = ConnectorsUrl };
        using HttpResponseMessage answer = await http.DeleteAsync(new Uri($"connectors/{name}", UriKind.Relative));
    }

    /// <summary>Connect's REST address.</summary>
    public Uri ConnectorsUrl => new($"http://127.0.0.1:{_connectPort}/");

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    private string PidFile(int broker) => Path.Combine(_server!.Folder, $"broker-{broker}.pid");

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
            : task.TryGetProperty("trace", out JsonElement trace)
                ? $"{task.GetProperty("state").GetString()}: {trace.GetString()}"
            : task.GetProperty("state").GetString()!;
    }

    private static IEnumerable<string> Topics(IAdminClient admin) =>
        admin
            .GetMetadata(TimeSpan.FromSeconds(60))
            .Topics.Select(topic => topic.Topic)
            .Where(topic => !topic.StartsWith("__", StringComparison.Ordinal));

    private static async Task DeleteAsync(IAdminClient admin, string[] topics)
    {
        try
        {
            await admin.DeleteTopicsAsync(topics);
        }
        catch (DeleteTopicsException e)
            when (e.Results.All(result => result.Error.Code is ErrorCode.NoError or ErrorCode.UnknownTopicOrPart))
        {
            // Gone by the last round; a broker's metadata shows it a little longer.
        }
    }
}
