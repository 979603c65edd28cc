using Fecom.Platform.Settings;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Fecom.Platform.ObjectStore;

/// <summary>The store of models, which trainings write and serving reads.</summary>
public static class ModelStoreRegistration
{
    /// <summary>Adds it, once, as the <see cref="IFileStore"/> of the settings <c>Models</c>.</summary>
    public static IServiceCollection AddModelStore(this IServiceCollection services)
    {
        services.AddSettings<ModelStoreOptions>("Models");
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<ModelStoreOptions>, ModelStoreOptionsValidator>()
        );
        services.TryAddSingleton<IFileStore>(provider =>
            provider.GetRequiredService<IOptions<ModelStoreOptions>>().Value is { Store: "s3" } options
                ? new BucketFileStore(new Bucket(options.S3, "Models:S3"))
                : new FolderFileStore(provider.GetRequiredService<IOptions<FecomPaths>>().Value.Models, "Paths:Models")
        );
        return services;
    }

    /// <summary>Adds it for a tool, which has no host around it.</summary>
    /// <param name="services">The tool's.</param>
    /// <param name="settings">The host's settings.</param>
    /// <param name="folder">A folder that takes the place of the store of the settings; null for none.</param>
    public static IServiceCollection AddModelStore(
        this IServiceCollection services,
        IConfiguration settings,
        string? folder
    )
    {
        Dictionary<string, string?> instead = folder is null
            ? []
            : new() { ["Models:Store"] = "files", ["Paths:Models"] = folder };
        services.AddSingleton<IConfiguration>(
            new ConfigurationBuilder().AddConfiguration(settings).AddInMemoryCollection(instead).Build()
        );
        services.AddOptions<FecomPaths>().BindConfiguration("Paths");
        return services.AddModelStore();
    }
}
