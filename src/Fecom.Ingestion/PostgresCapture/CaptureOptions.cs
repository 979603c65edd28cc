using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Ingestion.PostgresCapture;

/// <summary>The table of behaviour events that is followed by logical replication. Section <c>Ingestion:Capture</c>.</summary>
internal sealed class CaptureOptions
{
    private const string SlotName = "^[a-z0-9_]{1,63}$";

    /// <summary>
    /// The database, as an Npgsql connection string: <c>Host=…;Database=…;Username=…;Password=…</c>. Default
    /// <c>ConnectionStrings:Capture</c>; empty turns the capture off. Comes from the environment, not from a file in the tree.
    /// </summary>
    public string ConnectionString { get; set; } = "";

    /// <summary>The table, as <c>schema.table</c>. Default <c>public.events</c>.</summary>
    [RegularExpression(@"^[^.]+\.[^.]+$", ErrorMessage = "Ingestion:Capture:Table is to be written as schema.table.")]
    public string Table { get; set; } = "public.events";

    /// <summary>Its replication slot, created when missing and used by nobody else. Default <c>fecom_events</c>.</summary>
    [RegularExpression(SlotName, ErrorMessage = "Ingestion:Capture:Slot has 1 to 63 of a-z, 0-9 and _.")]
    public string Slot { get; set; } = "fecom_events";

    /// <summary>Its publication, created when missing. Default <c>fecom_events</c>.</summary>
    [Required]
    public string Publication { get; set; } = "fecom_events";

    /// <summary>Whether the rows that exist at the beginning are taken too. Default true.</summary>
    public bool Snapshot { get; set; } = true;

    /// <summary>SQL condition on the rows that are taken at the beginning, such as <c>event_time >= '2026-01-01'</c>. Default none: all.</summary>
    public string SnapshotWhere { get; set; } = "";

    /// <summary>Changes that are sent at once. Default 5,000.</summary>
    [Range(1, 100_000)]
    public int BatchRows { get; set; } = 5_000;

    /// <summary>Seconds between two confirmations of the position, and between two checks whether WAL without changes of the table can be released. Default 1.</summary>
    [Range(0.05, 60)]
    public double ConfirmSeconds { get; set; } = 1;

    /// <summary>WAL in MiB that the slot may retain before the source shows a notice. Default 1,024.</summary>
    [Range(1, int.MaxValue)]
    public long NoticeWalMiB { get; set; } = 1_024;

    public bool Enabled => ConnectionString.Length > 0;

    public bool IsReadable
    {
        get
        {
            try
            {
                return new NpgsqlConnectionStringBuilder(ConnectionString).Host is not null || !Enabled;
            }
            catch (ArgumentException)
            {
                return false;
            }
        }
    }

    public TimeSpan ConfirmInterval => TimeSpan.FromSeconds(ConfirmSeconds);

    public (string Schema, string Name) TableName =>
        (
            Table[..Table.IndexOf('.', StringComparison.Ordinal)],
            Table[(Table.IndexOf('.', StringComparison.Ordinal) + 1)..]
        );
}

[OptionsValidator]
internal sealed partial class CaptureOptionsValidator : IValidateOptions<CaptureOptions>;
