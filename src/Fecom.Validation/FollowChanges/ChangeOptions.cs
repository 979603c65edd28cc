using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Fecom.Validation.FollowChanges;

/// <summary>How rows on the change topic are identified. Section <c>Ingestion:Changes</c>.</summary>
internal sealed class ChangeOptions
{
    /// <summary>
    /// Columns that identify a row of the table, separated by commas, such as <c>id</c>. Default none: the primary key as the
    /// capture knows it, or the message's key as Debezium sends it. To be set where Debezium's messages have another key
    /// (<c>message.key.columns</c>).
    /// </summary>
    public string RowKey { get; set; } = "";

    /// <summary>The table of unwrapped rows that do not name theirs, as <c>schema.table</c>. Default <c>Ingestion:Capture:Table</c>.</summary>
    [Required]
    public string Table { get; set; } = "public.events";

    public string[] RowKeyColumns =>
        RowKey.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}

[OptionsValidator]
internal sealed partial class ChangeOptionsValidator : IValidateOptions<ChangeOptions>;
