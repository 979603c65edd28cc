using System.ComponentModel.DataAnnotations;
using Fecom.Platform.ObjectStore;
using Microsoft.Extensions.Options;

namespace Fecom.Warehouse.Lake;

/// <summary>Where the lake's files are, and when they are written. Section <c>Lake</c>.</summary>
internal sealed class LakeOptions : IValidatableObject
{
    /// <summary><c>files</c>: the folder <c>Paths:Lake</c>; <c>s3</c>: the bucket of <see cref="S3"/>. Default <c>files</c>.</summary>
    [AllowedValues("files", "s3")]
    public string Store { get; set; } = "files";

    /// <summary>Events that go to the lake at once, an hour of them to a file; a file with fewer is merged with others of its hour. Default 1,000,000.</summary>
    [Range(1, 10_000_000)]
    public int RollEvents { get; set; } = 1_000_000;

    /// <summary>Minutes for which events wait in bronze for more to come, when they are fewer than <see cref="RollEvents"/>. Default 10.</summary>
    [Range(0, 1_440)]
    public int RollMinutes { get; set; } = 10;

    /// <summary>Minutes without a new file of an hour after which its small files are merged; 24 of them are merged at once. Default 60.</summary>
    [Range(0, 100_000)]
    public int CompactMinutes { get; set; } = 60;

    /// <summary>Minutes for which bronze may have events that the lake has not; then health says so. Default 60.</summary>
    [Range(1, 100_000)]
    public int MaxLagMinutes { get; set; } = 60;

    /// <summary>Of <see cref="Store"/> <c>s3</c>.</summary>
    [ValidateObjectMembers]
    public S3Options S3 { get; set; } = new();

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        return Store == "s3" ? S3.Problems("Lake") : [];
    }
}

[OptionsValidator]
internal sealed partial class LakeOptionsValidator : IValidateOptions<LakeOptions>;
