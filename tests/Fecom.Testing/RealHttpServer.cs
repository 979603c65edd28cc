namespace Fecom.Testing;

/// <summary>A real server that is asked over HTTP: of the test run's own, or the one that its variable names.</summary>
public sealed class RealHttpServer : IAsyncDisposable
{
    private readonly RealServer? _server;

    private RealHttpServer(RealServer? server, string url) => (_server, Url) = (server, url);

    /// <summary>Its address.</summary>
    public string Url { get; }

    /// <summary>Why there is none; null when there can be one.</summary>
    public static string? Missing(RealHttpServerKind kind) =>
        Named(kind) is null ? RealServer.Missing(kind.Script, kind.Variable) : null;

    /// <summary>Starts one, or takes the named one.</summary>
    public static async Task<RealHttpServer> StartAsync(RealHttpServerKind kind)
    {
        if (Named(kind) is { } named)
        {
            return new RealHttpServer(null, named);
        }

        RealServer server = await RealServer.StartAsync(kind.Script, $"{RealServer.FreePorts(1)}");
        return new RealHttpServer(server, server.Address);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static string? Named(RealHttpServerKind kind) =>
        Environment.GetEnvironmentVariable(kind.Variable) is { Length: > 0 } named ? named : null;
}

/// <summary>A server that the tests can have.</summary>
/// <param name="Script">Its script in the folder of servers.</param>
/// <param name="Variable">The environment variable that names a server of one's own.</param>
public sealed record RealHttpServerKind(string Script, string Variable)
{
    /// <summary>Elasticsearch, without a password.</summary>
    public static RealHttpServerKind Elasticsearch { get; } =
        new("elasticsearch/elasticsearch.sh", "FECOM_TEST_ELASTICSEARCH");

    /// <summary>A schema registry with Confluent's API; the address is that API's.</summary>
    public static RealHttpServerKind SchemaRegistry { get; } =
        new("schema-registry/registry.sh", "FECOM_TEST_SCHEMA_REGISTRY");

    /// <summary>An S3 with signature checks: key <c>fecom</c>, secret <c>fecom-secret</c>, path style, any region.</summary>
    public static RealHttpServerKind S3 { get; } = new("s3/s3.sh", "FECOM_TEST_S3");
}
