using Fecom.Platform.Services;
using Fecom.Validation.ReadAvro;
using Microsoft.Extensions.Options;

namespace Fecom.Validation.PublishSchemas;

/// <summary>Registers the schema of behaviour events at the start, for the shop's serializers.</summary>
internal sealed class RegisterSchemaService(
    Supervision supervision,
    Schemas registry,
    EventSchemas schemas,
    IOptions<SchemaRegistryOptions> options
) : SupervisedService(supervision, "registering the event schema at the schema registry")
{
    protected override async Task RunAsync(CancellationToken stoppingToken) =>
        await registry.RegisterAsync(
            options.Value.Subject,
            schemas.Find(AvroEventSchema.Name, null)!.Document.ToJsonString(),
            stoppingToken
        );
}
