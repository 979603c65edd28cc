namespace Fecom.WebConsole.Charts;

/// <summary>A box of a flow.</summary>
/// <param name="Id">Named by the arms.</param>
/// <param name="Column">Its place from the left, from 0.</param>
/// <param name="Row">Its place from the top, from 0.</param>
/// <param name="Title">What it is.</param>
/// <param name="Detail">What there is to say of it.</param>
/// <param name="Kind"><c>warn</c>, <c>bad</c>, or empty.</param>
public sealed record FlowNode(string Id, int Column, double Row, string Title, string Detail, string Kind = "");

/// <summary>An arm of a flow.</summary>
/// <param name="From">The box where it begins.</param>
/// <param name="To">The box where it ends.</param>
/// <param name="Text">What moves along it.</param>
/// <param name="Lag">What waits before its end; empty when nothing does.</param>
/// <param name="Moving">Whether something moves now.</param>
public sealed record FlowArm(string From, string To, string Text, string Lag, bool Moving);
