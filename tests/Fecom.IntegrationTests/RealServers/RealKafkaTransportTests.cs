using Fecom.IntegrationTests.Messaging;

namespace Fecom.IntegrationTests.RealServers;

/// <summary>The transport's contract on a real broker.</summary>
[Collection(RealKafkaCollection.Name)]
public sealed class RealKafkaTransportTests(Servers servers, RealKafkaFixture kafka) : TransportContract(servers)
{
    protected override async Task<string> BootstrapServersAsync() => (await kafka.EmptyAsync()).BootstrapServers;
}
