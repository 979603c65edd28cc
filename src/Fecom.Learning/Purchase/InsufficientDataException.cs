namespace Fecom.Learning.Purchase;

/// <summary>There is too little to learn from; the message says what there is and what is needed.</summary>
public sealed class InsufficientDataException(string message) : Exception(message);
