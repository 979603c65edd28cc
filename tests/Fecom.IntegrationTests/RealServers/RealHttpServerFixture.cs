using Fecom.Testing;

namespace Fecom.IntegrationTests.RealServers;

/// <summary>The servers of a class of tests, each started by the first test that asks for it.</summary>
public sealed class RealHttpServerFixture : IAsyncDisposable
{
    private readonly Dictionary<RealHttpServerKind, RealHttpServer> _servers = [];

    /// <summary>A server's address; the test skips with a word where there is none.</summary>
    public async Task<string> UrlAsync(RealHttpServerKind kind)
    {
        string? missing = RealHttpServer.Missing(kind);
        Assert.SkipWhen(missing is not null, missing ?? "");
        if (!_servers.TryGetValue(kind, out RealHttpServer? server))
        {
            _servers.Add(kind, server = await RealHttpServer.StartAsync(kind));
        }

        return server.Url;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (RealHttpServer server in _servers.Values)
        {
            await server.DisposeAsync();
        }
    }
}
