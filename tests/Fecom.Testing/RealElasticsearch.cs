namespace Fecom.Testing;

/// <summary>A real Elasticsearch of the test run's own, or the one that <c>FECOM_TEST_ELASTICSEARCH</c> names.</summary>
public sealed class RealElasticsearch : IAsyncDisposable
{
    private const string Script = "elasticsearch/elasticsearch.sh";
    private const string Variable = "FECOM_TEST_ELASTICSEARCH";

    private readonly RealServer? _server;

    private RealElasticsearch(RealServer? server, string url)
    {
        _server = server;
        Url = url;
    }

    /// <summary>Its address.</summary>
    public string Url { get; }

    /// <summary>Why there is none; null when there can be one.</summary>
    public static string? Missing => Named is null ? RealServer.Missing(Script, Variable) : null;

    private static string? Named => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named ? named : null;

    /// <summary>Starts one, or takes the named one.</summary>
    public static async Task<RealElasticsearch> StartAsync()
    {
        if (Named is { } named)
        {
            return new RealElasticsearch(null, named);
        }

        RealServer server = await RealServer.StartAsync(Script, $"{RealServer.FreePorts(1)}");
        return new RealElasticsearch(server, server.Address);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;
}
