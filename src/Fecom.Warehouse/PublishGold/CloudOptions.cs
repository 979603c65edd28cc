using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Warehouse.PublishGold;

/// <summary>Where gold is published to, and how. Section <c>CloudWarehouse</c>.</summary>
internal sealed class CloudOptions : IValidatableObject
{
    public const string Section = "CloudWarehouse";

    /// <summary><c>postgres</c>: what speaks PostgreSQL's protocol; <c>stage</c>: Parquet files in the store of the lake; <c>none</c>. Default <c>none</c>.</summary>
    [AllowedValues("none", "postgres", "stage")]
    public string Provider { get; set; } = "none";

    /// <summary>Changed rows that are published at once, in one transaction or with one manifest; events go by slices, four at once. Default 500,000.</summary>
    [Range(1, 10_000_000)]
    public int BatchRows { get; set; } = 500_000;

    /// <summary>Minutes that one statement at the target may take. Default 60.</summary>
    [Range(1, 1_440)]
    public int TimeoutMinutes { get; set; } = 60;

    /// <summary>Minutes for which gold may have changes that the target has not; then health says so. Default 60.</summary>
    [Range(1, 100_000)]
    public int MaxLagMinutes { get; set; } = 60;

    /// <summary>Days for which batches are listed, and files that were staged are kept to be loaded. Default 30.</summary>
    [Range(1, 3_650)]
    public int KeepDays { get; set; } = 30;

    /// <summary>Schema, or data set, of the tables at the target. Made where it is missing. Default <c>gold</c>.</summary>
    [Required]
    [RegularExpression("^[A-Za-z_][A-Za-z0-9_]{0,62}$")]
    public string Schema { get; set; } = "gold";

    /// <summary>Of <see cref="Provider"/> <c>postgres</c>.</summary>
    [ValidateObjectMembers]
    public CloudPostgresOptions Postgres { get; set; } = new();

    /// <summary>Of <see cref="Provider"/> <c>stage</c>.</summary>
    [ValidateObjectMembers]
    public CloudStageOptions Stage { get; set; } = new();

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Provider == "postgres" && Postgres.Problem is { } problem)
        {
            yield return new ValidationResult($"{Section}:Postgres:ConnectionString {problem}.", ["Postgres"]);
        }
    }
}

/// <summary>A database that is asked over PostgreSQL's protocol.</summary>
internal sealed class CloudPostgresOptions
{
    /// <summary>Npgsql's connection string, with a secret: <c>Host=…;Database=…;Username=…;Password=…</c>; for Redshift with <c>Server Compatibility Mode=Redshift</c>.</summary>
    public string? ConnectionString { get; set; }

    /// <summary><c>postgres</c>, <c>redshift</c>, or <c>auto</c>: as the server says. Default <c>auto</c>.</summary>
    [AllowedValues("auto", "postgres", "redshift")]
    public string Dialect { get; set; } = "auto";

    /// <summary>What is wrong with the connection string, without it; null when nothing is.</summary>
    public string? Problem
    {
        get
        {
            if (string.IsNullOrEmpty(ConnectionString))
            {
                return "is not set";
            }

            try
            {
                NpgsqlConnectionStringBuilder builder = new(ConnectionString);
                return string.IsNullOrEmpty(builder.Host) || string.IsNullOrEmpty(builder.Database)
                    ? "names no Host or no Database"
                    : null;
            }
            catch (Exception e) when (e is ArgumentException or FormatException or KeyNotFoundException)
            {
                return "cannot be read: Host=…;Database=…;Username=…;Password=… is expected";
            }
        }
    }
}

/// <summary>Files in the store of the lake that a cloud warehouse loads.</summary>
internal sealed class CloudStageOptions
{
    /// <summary>Rows of a file. Default 1,000,000.</summary>
    [Range(1, 10_000_000)]
    public int FileRows { get; set; } = 1_000_000;

    /// <summary>Address of the store's root in the statements for BigQuery and Redshift, such as <c>gs://bucket/shop1/</c>. Default that of the lake.</summary>
    public string? Uri { get; set; }

    /// <summary>Snowflake's stage that is the store's root. Default <c>@fecom_stage</c>.</summary>
    [Required]
    [RegularExpression("^@[A-Za-z_][A-Za-z0-9_.]{0,200}$")]
    public string SnowflakeStage { get; set; } = "@fecom_stage";
}

[OptionsValidator]
internal sealed partial class CloudOptionsValidator : IValidateOptions<CloudOptions>;
