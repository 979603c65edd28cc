namespace Fecom.Learning.Metrics;

/// <summary>Mean negative log likelihood in nats: how surprised the probabilities are by what happened. Smaller is better.</summary>
public static class LogLoss
{
    /// <summary>Probabilities are kept this far from 0 and 1, so that one sure mistake stays finite.</summary>
    public const double Clip = 1e-7;

    /// <summary>The loss, from 0; NaN when there are no rows.</summary>
    /// <param name="probabilities">One probability a row, 0 to 1.</param>
    /// <param name="labels">One label a row.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static double Of(ReadOnlySpan<float> probabilities, ReadOnlySpan<bool> labels)
    {
        ScoredLabels.RequireSameLength(probabilities.Length, labels.Length);
        double sum = 0;
        for (int i = 0; i < labels.Length; i++)
        {
            double probability = Math.Clamp((double)probabilities[i], Clip, 1 - Clip);
            sum -= Math.Log(labels[i] ? probability : 1 - probability);
        }

        return sum / labels.Length;
    }
}
