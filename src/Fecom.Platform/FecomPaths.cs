using System.ComponentModel.DataAnnotations;

namespace Fecom.Platform;

/// <summary>Where the process keeps files. Section <c>Paths</c>; relative paths are below the working directory.</summary>
public sealed class FecomPaths
{
    /// <summary>Folder with <c>raw</c> (input files), <c>processed</c> (snapshots) and <c>lake</c>. Default <c>data</c>.</summary>
    [Required]
    public string Data { get; set; } = "data";

    /// <summary>Folder of model artifacts. Default <c>.fecom/models</c>.</summary>
    [Required]
    public string Models { get; set; } = ".fecom/models";

    /// <summary>Folder of the log files that <c>Logs:File</c> asks for. Default <c>.fecom/logs</c>.</summary>
    [Required]
    public string Logs { get; set; } = ".fecom/logs";
}
