using Microsoft.Extensions.Options;

namespace Fecom.Features.ExportFeatures;

/// <summary>What is particular to the shop. Section <c>Shop</c>.</summary>
internal sealed class ShopOptions
{
    /// <summary>The shop's time zone, such as <c>Europe/Berlin</c>: the cart view's hour and weekday are in it. Default <c>UTC</c>.</summary>
    public string TimeZone { get; set; } = "UTC";

    /// <summary>The zone itself.</summary>
    public TimeZoneInfo Zone => TimeZoneInfo.FindSystemTimeZoneById(TimeZone);
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
