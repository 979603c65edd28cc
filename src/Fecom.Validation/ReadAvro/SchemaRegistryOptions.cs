using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Fecom.Validation.ReadAvro;

/// <summary>The schema registry of a shop that sends Avro. Section <c>SchemaRegistry</c>.</summary>
internal sealed class SchemaRegistryOptions : IValidatableObject
{
    public const string Section = "SchemaRegistry";

    /// <summary>Its address, with Confluent's API, such as <c>http://registry:8081</c>. Without one (the default) raw topics take JSON alone.</summary>
    [RegularExpression("^(https?://.+)?$", ErrorMessage = "SchemaRegistry:Url is an http or https address.")]
    public string? Url { get; set; }

    /// <summary>A user name for basic authentication.</summary>
    public string? Username { get; set; }

    /// <summary>Its password.</summary>
    public string? Password { get; set; }

    /// <summary>Timeout of a request, in seconds. Default 10.</summary>
    [Range(1, 600)]
    public int TimeoutSeconds { get; set; } = 10;

    /// <summary>Seconds for which an id that the registry did not know is not asked for again. Default 10.</summary>
    [Range(0, 3_600)]
    public int UnknownSeconds { get; set; } = 10;

    /// <summary>Whether Fecom registers the schema of its events at the start. Default no.</summary>
    public bool Register { get; set; }

    /// <summary>The subject that it is registered as. Default <c>tracking.raw_user_behavior-value</c>.</summary>
    [Required]
    public string Subject { get; set; } = "tracking.raw_user_behavior-value";

    /// <summary>Whether there is a registry.</summary>
    public bool Enabled => !string.IsNullOrEmpty(Url);

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        Register && !Enabled
            ?
            [
                new ValidationResult(
                    "SchemaRegistry:Register is true, and SchemaRegistry:Url is not set.",
                    [nameof(Url)]
                ),
            ]
            : [];
}

[OptionsValidator]
internal sealed partial class SchemaRegistryOptionsValidator : IValidateOptions<SchemaRegistryOptions>;

/// <summary>The registry does not answer, or refuses the account: nothing is wrong with the message, which waits.</summary>
internal sealed class SchemaRegistryAwayException(string message, Exception inner) : IOException(message, inner);
