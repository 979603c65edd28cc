using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Fecom.Features.ExportFeatures;

/// <summary>What an export needs, in the host and in the command.</summary>
internal static class ExportRegistration
{
    public static IServiceCollection AddFeatureExport(this IServiceCollection services)
    {
        services.AddOptions<ShopOptions>().BindConfiguration("Shop").ValidateOnStart();
        services.AddSingleton<IValidateOptions<ShopOptions>, ShopOptionsValidator>();
        return services.AddSingleton<FeatureExport>();
    }
}
