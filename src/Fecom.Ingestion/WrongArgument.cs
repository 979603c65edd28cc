using System.Diagnostics.CodeAnalysis;

namespace Fecom.Ingestion;

/// <summary>A command was called with a value that it cannot take.</summary>
internal static class WrongArgument
{
    /// <param name="message">Names the option, as the caller wrote it.</param>
    [SuppressMessage(
        "Usage",
        "CA2208",
        Justification = "The name of our own parameter would be added to what a person reads."
    )]
    [SuppressMessage("Usage", "MA0015", Justification = "The same.")]
    public static ArgumentException Of(string message) => new(message);
}
