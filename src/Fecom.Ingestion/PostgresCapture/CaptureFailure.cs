using Fecom.Platform.Failures;
using Npgsql;

namespace Fecom.Ingestion.PostgresCapture;

/// <summary>Why the source is not followed, in words for a person.</summary>
internal static class CaptureFailure
{
    /// <summary>The shop's database is somebody else's: what it says of a fault, and its hint, is what its owner needs. Its detail may hold rows, and is left out.</summary>
    public static string Describe(Exception e) =>
        e switch
        {
            CaptureException or SlotLostException => e.Message,
            PostgresException said =>
                $"PostgreSQL: {said.MessageText} ({said.SqlState}){(said.Hint is { } hint ? $" {hint}" : "")}",
            _ => FailureText.Of(e),
        };
}
