using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Fecom.Ingestion.Shared.FindFiles;

/// <summary>How files are found and loaded: behaviour events and exports of the Fecom tables. Section <c>Ingestion:Files</c>.</summary>
internal sealed class LoadOptions
{
    /// <summary>Whether the files of the folder <c>raw</c> below <c>Paths:Data</c> are loaded. Default true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Whether <c>sample.csv</c>, which comes with Fecom, is loaded like the other files. Default true.</summary>
    public bool Sample { get; set; } = true;

    /// <summary>Whether a change in the folder is enough; otherwise loads begin by the schedule of the job <c>load_files</c> or when asked for. Default true.</summary>
    public bool Watch { get; set; } = true;

    /// <summary>Seconds between two looks at the folder. Default 5.</summary>
    [Range(0.05, 3_600)]
    public double PollSeconds { get; set; } = 5;

    /// <summary>
    /// Seconds for which a file must not have changed before a load counts as completed; a file that is still being written
    /// is read on. Default 2.
    /// </summary>
    [Range(0, 3_600)]
    public double RestSeconds { get; set; } = 2;

    /// <summary>Minutes for which a removed file stays in the list of sources, as missing. Default 60.</summary>
    [Range(0, 525_600)]
    public double MissingMinutes { get; set; } = 60;

    /// <summary>
    /// Days for which the load of a file that was removed or overwritten since is remembered. The same file put back
    /// after that counts as a new one, and its rows count again. Default 730.
    /// </summary>
    [Range(1, 36_500)]
    public int ForgetDays { get; set; } = 730;

    /// <summary>Rows or changes that are sent together. Default 5,000.</summary>
    [Range(1, 100_000)]
    public int BatchRows { get; set; } = 5_000;
}

[OptionsValidator]
internal sealed partial class LoadOptionsValidator : IValidateOptions<LoadOptions>;
