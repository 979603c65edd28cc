using Fecom.Platform.Settings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Fecom.Validation.ReadAvro;

internal static class AvroRegistration
{
    public static IServiceCollection AddAvro(this IServiceCollection services)
    {
        services.AddSettings<SchemaRegistryOptions>(SchemaRegistryOptions.Section);
        services.AddSingleton<IValidateOptions<SchemaRegistryOptions>, SchemaRegistryOptionsValidator>();
        services.AddSingleton<Schemas>();
        return services.AddSingleton<FramedMessages>();
    }
}
