using System.ComponentModel.DataAnnotations;
using Fecom.Contracts;
using Microsoft.Extensions.Options;

namespace Fecom.Validation.ValidateEvents;

/// <summary>Bounds of what an event may say. Section <c>Validation</c>.</summary>
internal sealed class ValidationRules
{
    /// <summary>Oldest time that an event may have, UTC. Default 2000-01-01.</summary>
    public DateTime OldestEventTime { get; set; } = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>Hours that an event's time may lie in the future, for a client's clock that is ahead. Default 24.</summary>
    [Range(0, 24 * 366)]
    public int FutureHours { get; set; } = 24;

    /// <summary>Hours after which an event that is received is marked as late. Default 24.</summary>
    [Range(0, 24 * 3_660)]
    public int LateHours { get; set; } = 24;

    /// <summary>Days for which a client's own event id is remembered: until then a second event of that id is refused. Default 7.</summary>
    [Range(1, 3_650)]
    public int EventIdDays { get; set; } = 7;

    /// <summary>Highest price. Default 100,000,000.</summary>
    [Range(1, 1_000_000_000_000)]
    public decimal HighestPrice { get; set; } = 100_000_000;

    /// <summary>The bounds as the rules take them.</summary>
    /// <param name="clock">Tells what the future is.</param>
    public EventBounds Bounds(TimeProvider clock) => new(OldestEventTime, FutureHours, HighestPrice, clock);
}

[OptionsValidator]
internal sealed partial class ValidationRulesValidator : IValidateOptions<ValidationRules>;
