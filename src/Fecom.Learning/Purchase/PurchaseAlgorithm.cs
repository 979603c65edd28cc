namespace Fecom.Learning.Purchase;

/// <summary>What a purchase model predicts with, from the simplest.</summary>
public enum PurchaseAlgorithm
{
    /// <summary>The training rows' rate for everyone.</summary>
    BaseRate,

    /// <summary>Logistic regression on the six features.</summary>
    LogisticRegression,

    /// <summary>Boosted trees on the six features.</summary>
    LightGbm,
}

/// <summary>What people and programs call the algorithms.</summary>
public static class PurchaseAlgorithms
{
    /// <summary><c>base_rate</c>, <c>logistic_regression</c> or <c>lightgbm</c>.</summary>
    public static string Name(this PurchaseAlgorithm algorithm) =>
        algorithm switch
        {
            PurchaseAlgorithm.BaseRate => "base_rate",
            PurchaseAlgorithm.LogisticRegression => "logistic_regression",
            _ => "lightgbm",
        };

    /// <summary>The algorithm of that name.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    internal static PurchaseAlgorithm Parse(string name) =>
        Enum.GetValues<PurchaseAlgorithm>()
            .Where(algorithm => algorithm.Name() == name)
            .Select(algorithm => (PurchaseAlgorithm?)algorithm)
            .FirstOrDefault()
        ?? throw new InvalidDataException($"There is no algorithm {name}.");
}
