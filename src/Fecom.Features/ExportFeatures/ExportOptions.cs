using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Fecom.Features.ExportFeatures;

/// <summary>What the job <c>export_features</c> exports. Section <c>Features:Export</c>; relative paths are below the working directory.</summary>
internal sealed class ExportOptions
{
    /// <summary>CSV file of entities and times. Default none: the job has nothing to do.</summary>
    public string? Entities { get; set; }

    /// <summary>File to write, <c>.csv</c> or <c>.parquet</c>. Default none.</summary>
    public string? Output { get; set; }

    /// <summary>Names of views, separated by commas. Default all, and the cart view.</summary>
    [MaxLength(1_000)]
    public string? Views { get; set; }

    /// <summary>Events received later are left out; a time with its zone. Default the time of the run.</summary>
    public DateTimeOffset? AsOf { get; set; }
}

[OptionsValidator]
internal sealed partial class ExportOptionsValidator : IValidateOptions<ExportOptions>;
