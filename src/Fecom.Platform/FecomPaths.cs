using System.ComponentModel.DataAnnotations;

namespace Fecom.Platform;

/// <summary>Where the process keeps files. Section <c>Paths</c>; relative paths are below the working directory.</summary>
public sealed class FecomPaths
{
    /// <summary>Folder with <c>raw</c> (input files), <c>processed</c> (snapshots) and, unless <see cref="Lake"/> is set, <c>lake</c>. Default <c>data</c>.</summary>
    [Required]
    public string Data { get; set; } = "data";

    /// <summary>Folder of the lake's Parquet files, unless <c>Lake:Store</c> is <c>s3</c>. Default <c>lake</c> below <see cref="Data"/>.</summary>
    public string? Lake { get; set; }

    /// <summary>The folder of the lake.</summary>
    public string LakeFolder => string.IsNullOrEmpty(Lake) ? Path.Combine(Data, "lake") : Lake;

    /// <summary>Folder of model artifacts. Default <c>.fecom/models</c>.</summary>
    [Required]
    public string Models { get; set; } = ".fecom/models";

    /// <summary>Folder of the log files that <c>Logs:File</c> asks for. Default <c>.fecom/logs</c>.</summary>
    [Required]
    public string Logs { get; set; } = ".fecom/logs";

    /// <summary>MiB that must be left on the disks of <see cref="Data"/> and <see cref="Models"/> (0 to 1,048,576); below it, health is degraded. Default 512.</summary>
    [Range(0, 1_048_576)]
    public int MinFreeMegabytes { get; set; } = 512;
}
