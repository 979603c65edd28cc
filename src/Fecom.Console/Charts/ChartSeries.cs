namespace Fecom.WebConsole.Charts;

/// <summary>A line of a chart.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Values">A value for each label of the chart; null where there is none.</param>
public sealed record ChartSeries(string Name, IReadOnlyList<double?> Values);

/// <summary>A bar.</summary>
/// <param name="Label">What it is.</param>
/// <param name="Value">How much of it, 0 or more.</param>
/// <param name="Text">That, as people read it.</param>
/// <param name="Address">Where a click leads; null for nowhere.</param>
public sealed record ChartBar(string Label, double Value, string Text, string? Address = null);
