using Fecom.Platform;
using Microsoft.Extensions.DependencyInjection;

namespace Fecom.Features.ExportFeatures;

/// <summary>What an export needs, in the host and in the command.</summary>
internal static class ExportRegistration
{
    public static IServiceCollection AddFeatureExport(this IServiceCollection services) =>
        services.AddShopOptions().AddSingleton<FeatureExport>();
}
