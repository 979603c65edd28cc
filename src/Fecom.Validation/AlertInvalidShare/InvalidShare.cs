using System.Runtime.InteropServices;

namespace Fecom.Validation.AlertInvalidShare;

/// <summary>Events of a while.</summary>
/// <param name="Valid">Those that passed.</param>
/// <param name="Invalid">Those that were refused.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct InvalidShare(long Valid, long Invalid)
{
    public long Events => Valid + Invalid;

    /// <summary>0 to 1; 0 when there was no event.</summary>
    public double Share => Events == 0 ? 0 : (double)Invalid / Events;

    /// <summary>Whether an alert stands from now on. Between the two bounds it stays as it is, so a share that wavers alerts once.</summary>
    public bool Alerts(bool raised, AlertOptions options) =>
        raised
            ? Share > options.Threshold * options.ResolveAt
            : Events >= options.MinEvents && Share > options.Threshold;
}
