using System.ComponentModel.DataAnnotations;

namespace Fecom.Monolith;

/// <summary>How the host writes its log. Section <c>Logs</c>; how much it writes stands in <c>Logging:LogLevel</c>.</summary>
internal sealed class LogOptions
{
    /// <summary>Writes compact JSON, an object a line, instead of text. Default false.</summary>
    public bool Json { get; set; }

    /// <summary>Writes files under <c>Paths:Logs</c> as well, a new one each day. Default false.</summary>
    public bool File { get; set; }

    /// <summary>MiB after which a day's file is followed by another one. Default 100.</summary>
    [Range(1, 10_000)]
    public int FileMib { get; set; } = 100;

    /// <summary>Newest files that are kept. Default 14.</summary>
    [Range(1, 10_000)]
    public int KeepFiles { get; set; } = 14;
}
