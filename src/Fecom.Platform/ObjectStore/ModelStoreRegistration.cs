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
        services.AddOptions<ModelStoreOptions>().BindConfiguration("Models").ValidateOnStart();
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
}
