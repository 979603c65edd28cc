namespace Fecom.Platform.Hosts;

/// <summary>The host cannot start for a reason that a person can mend; the message says what it is and the way out.</summary>
/// <param name="message">For a person, without a stack.</param>
/// <param name="innerException">What it comes from.</param>
public sealed class StartException(string message, Exception? innerException = null)
    : Exception(message, innerException);
