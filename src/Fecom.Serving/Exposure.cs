namespace Fecom.Serving;

/// <summary>An answer's part in an experiment.</summary>
/// <param name="Experiment">The experiment.</param>
/// <param name="Variant">What the visitor gets of it.</param>
/// <param name="Unit">What was divided, an <see cref="AnswerUnit.Key"/>.</param>
/// <param name="Session">The session, as a key; of an answer without one the unit's day.</param>
internal sealed record Exposure(string Experiment, string Variant, string Unit, string Session);
