namespace Fecom.Testing.Chaos;

/// <summary>What the pipeline did and must not, in words for the run's outcome.</summary>
public sealed class ChaosException(string message) : Exception(message);
