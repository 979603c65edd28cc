namespace Fecom.Training.TellMlflow;

/// <summary>MLflow gave no answer, or one that may be another one later: it is away or busy, fails, or refuses the account.</summary>
/// <param name="message">What happened, without any secret.</param>
/// <param name="retryAfter">How long it asks to wait.</param>
internal sealed class MlflowAwayException(string message, TimeSpan? retryAfter = null) : Exception(message)
{
    public TimeSpan? RetryAfter => retryAfter;
}

/// <summary>MLflow does not take what it was sent, and will not take it later either.</summary>
/// <param name="message">What it says, or what it lacks.</param>
/// <param name="code">Its error code, such as <c>RESOURCE_ALREADY_EXISTS</c>; empty where there is none.</param>
internal sealed class MlflowRefusedException(string message, string code = "") : Exception(message)
{
    public const string AlreadyExists = "RESOURCE_ALREADY_EXISTS";
    public const string DoesNotExist = "RESOURCE_DOES_NOT_EXIST";

    public string Code => code;
}
