using Fecom.Platform.Failures;
using Npgsql;

namespace Fecom.Ingestion.PostgresCapture;

/// <summary>Why the source is not followed, in words for a person.</summary>
internal static class CaptureFailure
{
    /// <summary>The database's own message and hint are what its owner needs. Its detail is left out, since it may contain rows.</summary>
    public static string Describe(Exception e) =>
        e switch
        {
            CaptureException or SlotLostException => e.Message,
            PostgresException error =>
                $"PostgreSQL: {error.MessageText} ({error.SqlState}){(error.Hint is { } hint ? $" {hint}" : "")}",
            _ => FailureText.Of(e),
        };
}
