using System.ComponentModel.DataAnnotations;

namespace Fecom.Platform.ObjectStore;

/// <summary>An S3, or what speaks its protocol. Section <c>Lake:S3</c> for the lake, <c>Models:S3</c> for models.</summary>
public sealed class S3Options
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

    /// <summary>What is wrong with it.</summary>
    /// <param name="section">The section that it is in, for the messages.</param>
    public IEnumerable<ValidationResult> Problems(string section)
    {
        if (string.IsNullOrEmpty(Bucket))
        {
            yield return new ValidationResult($"{section}:Store is s3, and {section}:S3:Bucket is not set.", ["S3"]);
        }

        if (string.IsNullOrEmpty(AccessKey) != string.IsNullOrEmpty(SecretKey))
        {
            yield return new ValidationResult(
                $"{section}:S3:AccessKey and {section}:S3:SecretKey go together: one of them is not set.",
                ["S3"]
            );
        }
    }
}
