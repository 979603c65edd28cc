using Fecom.Ingestion.Shared.FollowSources;
using Fecom.Platform.Services;
using Microsoft.Extensions.Logging;

namespace Fecom.Ingestion.OrderTables.OrdersAsPurchases;

/// <summary>The progress of this host's purchases: their rate, and why they wait.</summary>
internal sealed class PurchaseProgress(Supervision supervision, TimeProvider time, ILogger<PurchaseProgress> logger)
{
    /// <summary>Their source: the name that their events carry.</summary>
    public const string SourceName = Kind + ":fecom";

    /// <summary>The kind of that source.</summary>
    public const string Kind = "purchases";

    public SourceProgress Source { get; } = new(SourceName, 0, 0, supervision, time, logger);
}
