using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Fecom.Features.ForgetSessions;

/// <summary>How long products and categories are kept. Section <c>Features:Products</c>.</summary>
internal sealed class ProductOptions
{
    /// <summary>
    /// Days for which the state of a product or category without events is kept: longer than it lives online. The next event
    /// after that begins it anew, with its counts at zero. Default 730.
    /// </summary>
    [Range(181, 36_500)]
    public int KeepDays { get; set; } = 730;
}

[OptionsValidator]
internal sealed partial class ProductOptionsValidator : IValidateOptions<ProductOptions>;
