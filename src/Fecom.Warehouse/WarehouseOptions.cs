using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Fecom.Warehouse;

/// <summary>How the warehouse is laid out and filled, and for how long bronze is kept. Section <c>Warehouse</c>.</summary>
internal sealed class WarehouseOptions
{
    /// <summary>
    /// Maximum number of day partitions. Events of further days go to <c>bronze.event_other_days</c>; a day of the last month has
    /// a partition always. A query over all of bronze takes a lock on each, of which PostgreSQL has 6,400 by
    /// default. Default 1,500, four years.
    /// </summary>
    [Range(1, 5_000)]
    public int MaxDayPartitions { get; set; } = 1_500;

    /// <summary>
    /// Days for which an event is kept after it was received; a day is dropped as a whole, once its last event is as old. Models
    /// learn from what is kept. Longer than Kafka keeps messages: an endpoint that is moved back further writes again what was
    /// dropped. Default 730.
    /// </summary>
    [Range(8, 36_500)]
    public int KeepDays { get; set; } = 730;

    /// <summary>
    /// Events that go from bronze to silver, and from silver to gold, in one transaction; of the Fecom tables, changes that go to silver.
    /// Three slices are on their way at once: few large ones leave steps without work, many small ones look the same products up again
    /// and again. More need more memory. Default 300,000.
    /// </summary>
    [Range(1, 10_000_000)]
    public int SliceEvents { get; set; } = 300_000;

    /// <summary>
    /// Share by which an order's payments may differ from its items and freight; one that differs more waits, and gold keeps it as it
    /// was. Instalments bear interest: of 98,665 real orders 12 differ by more than a fifth, the most by 0.41. Default 0.5.
    /// </summary>
    [Range(0, 100)]
    public double PaymentTolerance { get; set; } = 0.5;

    /// <summary>
    /// Minutes for which bronze may have events or changes that gold has not, and an order may fail a quality rule; then health says so.
    /// Default 60.
    /// </summary>
    [Range(1, 100_000)]
    public int MaxLagMinutes { get; set; } = 60;
}

[OptionsValidator]
internal sealed partial class WarehouseOptionsValidator : IValidateOptions<WarehouseOptions>;
