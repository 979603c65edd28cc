using Fecom.FunctionalTests;
using Fecom.Testing;

[assembly: AssemblyFixture(typeof(Servers))]

namespace Fecom.FunctionalTests;

/// <summary>The PostgreSQL that the tests share, each with a database of its own.</summary>
public sealed class Servers : IAsyncLifetime
{
    private PrivatePostgres? _postgres;

    public PrivatePostgres Postgres => _postgres!;

    public async ValueTask InitializeAsync() => _postgres = await PrivatePostgres.StartAsync();

    public ValueTask DisposeAsync() => _postgres?.DisposeAsync() ?? ValueTask.CompletedTask;
}
