using Fecom.Platform.Settings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Fecom.Warehouse.Lake;

/// <summary>What writing to the lake and reading from it have in common.</summary>
internal static class LakeRegistration
{
    public static IServiceCollection AddLakeStore(this IServiceCollection services)
    {
        services.AddSettings<LakeOptions>("Lake");
        services.AddSingleton<IValidateOptions<LakeOptions>, LakeOptionsValidator>();
        services.AddSingleton<FileLakeStore>();
        services.AddSingleton<S3LakeStore>();
        services.AddSingleton<ILakeStore>(provider =>
            provider.GetRequiredService<IOptions<LakeOptions>>().Value.Store == "s3"
                ? provider.GetRequiredService<S3LakeStore>()
                : provider.GetRequiredService<FileLakeStore>()
        );
        return services;
    }
}
