namespace Fecom.Ingestion.PostgresCapture;

/// <summary>The capture cannot go on until somebody acts; the message says what is missing and how to mend it.</summary>
internal sealed class CaptureException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Changes are gone that were not taken: the capture does not go on as if nothing had happened. The message says the way out.</summary>
internal sealed class SlotLostException(string message) : Exception(message);
