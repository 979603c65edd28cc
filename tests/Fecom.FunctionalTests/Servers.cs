using Fecom.FunctionalTests;
using Fecom.Testing;

[assembly: AssemblyFixture(typeof(Servers))]

namespace Fecom.FunctionalTests;

/// <summary>The PostgreSQL that the tests share, each with a database of its own, and the real Kafka that they have in turn.</summary>
public sealed class Servers : IAsyncLifetime
{
    private PrivatePostgres? _postgres;

    public PrivatePostgres Postgres => _postgres!;

    public SharedKafka Kafka { get; } = new();

    public async ValueTask InitializeAsync() => _postgres = await PrivatePostgres.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await Kafka.DisposeAsync();
        if (_postgres is not null)
        {
            await _postgres.DisposeAsync();
        }
    }
}
