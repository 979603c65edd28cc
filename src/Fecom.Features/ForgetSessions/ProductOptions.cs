using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Fecom.Features.ForgetSessions;

/// <summary>How long users, products, categories and brands are kept. Section <c>Features:Products</c>.</summary>
internal sealed class ProductOptions
{
    /// <summary>
    /// Days for which a state without events is kept: longer than it lives online. The next event
    /// after that begins it anew, with its counts at zero. Default 730.
    /// </summary>
    [Range(401, 36_500)]
    public int KeepDays { get; set; } = 730;
}

[OptionsValidator]
internal sealed partial class ProductOptionsValidator : IValidateOptions<ProductOptions>;
