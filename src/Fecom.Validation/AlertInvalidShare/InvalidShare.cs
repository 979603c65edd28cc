using System.Runtime.InteropServices;

namespace Fecom.Validation.AlertInvalidShare;

/// <summary>Counts of events within a window.</summary>
/// <param name="Valid">Those that passed.</param>
/// <param name="Invalid">Those that were refused.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct InvalidShare(long Valid, long Invalid)
{
    public long Events => Valid + Invalid;

    /// <summary>0 to 1; 0 when there was no event.</summary>
    public double Share => Events == 0 ? 0 : (double)Invalid / Events;

    /// <summary>Whether the alert is on now. Between the two thresholds it keeps its state (hysteresis), so that a share that fluctuates alerts once.</summary>
    public bool Alerts(bool raised, AlertOptions options) =>
        raised
            ? Share > options.Threshold * options.ResolveAt
            : Events >= options.MinEvents && Share > options.Threshold;
}
