using Fecom.Platform.Settings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Fecom.Platform;

/// <summary>What is particular to the shop. Section <c>Shop</c>.</summary>
public sealed class ShopOptions
{
    /// <summary>The shop's time zone, such as <c>Europe/Berlin</c>: a cart's hour and weekday are in it. Default <c>UTC</c>.</summary>
    public string TimeZone { get; set; } = "UTC";

    /// <summary>The zone itself.</summary>
    public TimeZoneInfo Zone => TimeZoneInfo.FindSystemTimeZoneById(TimeZone);
}

/// <summary>Adds <see cref="ShopOptions"/>.</summary>
public static class ShopRegistration
{
    /// <summary>Adds them, checked at the start; a module that needs them calls this, however many do.</summary>
    public static IServiceCollection AddShopOptions(this IServiceCollection services)
    {
        services.AddSettings<ShopOptions>("Shop");
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ShopOptions>, ShopOptionsValidator>());
        return services;
    }
}

internal sealed class ShopOptionsValidator : IValidateOptions<ShopOptions>
{
    public ValidateOptionsResult Validate(string? name, ShopOptions options) =>
        TimeZoneInfo.TryFindSystemTimeZoneById(options.TimeZone, out _)
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(
                $"Shop:TimeZone is '{options.TimeZone}', which this machine does not know. It is a name such as Europe/Berlin; the package tzdata has them."
            );
}
