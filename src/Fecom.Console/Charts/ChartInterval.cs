namespace Fecom.WebConsole.Charts;

/// <summary>A value with what it may be in truth, against nothing.</summary>
/// <param name="Label">What it is of.</param>
/// <param name="Value">The value.</param>
/// <param name="Low">Lower end of its interval.</param>
/// <param name="High">Upper end.</param>
/// <param name="WideLow">Lower end of a wider one; null when it has none.</param>
/// <param name="WideHigh">Upper end.</param>
/// <param name="Text">All of it in words.</param>
/// <param name="Kind">good, bad or empty.</param>
public sealed record ChartInterval(
    string Label,
    double Value,
    double Low,
    double High,
    double? WideLow,
    double? WideHigh,
    string Text,
    string Kind
);
