using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Fecom.Ingestion.HttpEvents.Shared;

/// <summary>Limits of the events API. Section <c>Ingestion:Events</c>.</summary>
internal sealed class AcceptOptions
{
    /// <summary>Maximum events of a call. Default 10,000.</summary>
    [Range(1, 100_000)]
    public int MaxEvents { get; set; } = 10_000;

    /// <summary>Maximum bytes of a call, after decompression. Default 16 MiB.</summary>
    [Range(1_024, 256 * 1_024 * 1_024)]
    public int MaxBytes { get; set; } = 16 * 1_024 * 1_024;

    /// <summary>Maximum bytes in memory of all concurrent calls on this host; further calls are answered 429. Default 128 MiB.</summary>
    [Range(1_024, int.MaxValue)]
    public long MaxBytesInFlight { get; set; } = 128 * 1_024 * 1_024;

    /// <summary>Maximum events that are accepted and have not reached every sink; beyond it calls are answered 429. Default 1,000,000.</summary>
    [Range(1, long.MaxValue)]
    public long MaxBacklogEvents { get; set; } = 1_000_000;

    /// <summary>Days for which a client's own event id is remembered, so that a repeat is not taken twice. Default 30.</summary>
    [Range(1, 3_650)]
    public int ClientIdDays { get; set; } = 30;
}

[OptionsValidator]
internal sealed partial class AcceptOptionsValidator : IValidateOptions<AcceptOptions>;
