namespace Fecom.Ingestion.PostgresCapture;

/// <summary>The capture cannot continue until somebody acts; the message says what is missing and how to fix it.</summary>
internal sealed class CaptureException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Changes were lost before they were read: the capture stops rather than continue with a gap. The message says what to do.</summary>
internal sealed class SlotLostException(string message) : Exception(message);
