using System.ComponentModel.DataAnnotations;
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
    public LakeS3Options S3 { get; set; } = new();

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Store == "s3" && string.IsNullOrEmpty(S3.Bucket))
        {
            yield return new ValidationResult("Lake:Store is s3, and Lake:S3:Bucket is not set.", [nameof(S3)]);
        }

        if (string.IsNullOrEmpty(S3.AccessKey) != string.IsNullOrEmpty(S3.SecretKey))
        {
            yield return new ValidationResult(
                "Lake:S3:AccessKey and Lake:S3:SecretKey go together: one of them is not set.",
                [nameof(S3)]
            );
        }
    }
}

/// <summary>An S3, or what speaks its protocol. Section <c>Lake:S3</c>.</summary>
internal sealed class LakeS3Options
{
    /// <summary>Address of a store that is not Amazon's, such as <c>http://minio:9000</c>; buckets are then in the path. Default none.</summary>
    [Url]
    public string? Endpoint { get; set; }

    /// <summary>Default <c>us-east-1</c>.</summary>
    [Required]
    public string Region { get; set; } = "us-east-1";

    /// <summary>The bucket; it must be there.</summary>
    public string Bucket { get; set; } = "";

    /// <summary>Before the names of all objects, such as <c>shop1/</c>. Default none.</summary>
    public string Prefix { get; set; } = "";

    /// <summary>Default none: what the environment, a profile or the machine's role gives.</summary>
    public string? AccessKey { get; set; }

    /// <summary>The key's secret.</summary>
    public string? SecretKey { get; set; }
}

[OptionsValidator]
internal sealed partial class LakeOptionsValidator : IValidateOptions<LakeOptions>;
