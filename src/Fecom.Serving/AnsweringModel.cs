namespace Fecom.Serving;

/// <summary>What answered: a registered model and its version, or a fallback, which has none.</summary>
internal sealed record AnsweringModel(string Name, int? Version);
