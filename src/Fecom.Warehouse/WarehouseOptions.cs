using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Fecom.Warehouse;

/// <summary>How bronze is laid out. Section <c>Warehouse</c>.</summary>
internal sealed class WarehouseOptions
{
    /// <summary>
    /// Most partitions of one day each. Events of further days go to <c>bronze.event_other_days</c>; a day of the last month has
    /// a partition always. A question that looks through all of bronze takes a lock on each, of which PostgreSQL has 6,400 by
    /// default. Default 1,500, four years.
    /// </summary>
    [Range(1, 5_000)]
    public int MaxDayPartitions { get; set; } = 1_500;
}

[OptionsValidator]
internal sealed partial class WarehouseOptionsValidator : IValidateOptions<WarehouseOptions>;
