namespace Fecom.Learning.XGBoost;

/// <summary>XGBoost refused a call; the message is XGBoost's own, with the call's name before it.</summary>
public sealed class XGBoostException : Exception
{
    /// <summary>A refusal.</summary>
    public XGBoostException(string message)
        : base(message) { }

    /// <summary>A refusal with its cause.</summary>
    public XGBoostException(string message, Exception inner)
        : base(message, inner) { }
}
