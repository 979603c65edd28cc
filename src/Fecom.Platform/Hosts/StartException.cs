namespace Fecom.Platform.Hosts;

/// <summary>The host cannot start, for a reason that a person can fix; the message says what is wrong and how to fix it.</summary>
/// <param name="message">What is wrong and how to fix it; printed without a stack trace.</param>
/// <param name="innerException">What it comes from.</param>
public sealed class StartException(string message, Exception? innerException = null)
    : Exception(message, innerException);
