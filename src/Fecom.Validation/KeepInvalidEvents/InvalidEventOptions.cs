using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Fecom.Validation.KeepInvalidEvents;

/// <summary>How invalid events are kept. Section <c>Validation:InvalidEvents</c>.</summary>
internal sealed class InvalidEventOptions
{
    /// <summary>Days for which an invalid event and its counts are kept. Default 30.</summary>
    [Range(1, 3_650)]
    public int KeepDays { get; set; } = 30;
}

[OptionsValidator]
internal sealed partial class InvalidEventOptionsValidator : IValidateOptions<InvalidEventOptions>;
