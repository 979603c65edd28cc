using System.Runtime.InteropServices;

namespace Fecom.Learning.Metrics;

/// <summary>What it costs to act on every row whose probability reaches a threshold.</summary>
/// <remarks>
/// Of probabilities that come true as they say, a row is worth acting on when its probability times the cost of a miss exceeds the rest times
/// the cost of a false alarm (Elkan, 2001): so the threshold follows from both costs, and no rows are needed to find it.
/// </remarks>
/// <param name="Threshold">The least probability that is acted on, 0 to 1.</param>
/// <param name="Precision">Share of these rows that came true; NaN when there are none.</param>
/// <param name="Recall">Share of the rows that came true which are among these; NaN when none came true.</param>
/// <param name="CostPerRow">What false alarms and misses cost together, by row.</param>
/// <param name="CostOfNone">What a row costs when none is acted on.</param>
/// <param name="CostOfAll">What a row costs when all are.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct DecisionCost(
    double Threshold,
    double Precision,
    double Recall,
    double CostPerRow,
    double CostOfNone,
    double CostOfAll
)
{
    /// <summary>Counts what rows cost.</summary>
    /// <param name="probabilities">One probability a row, 0 to 1.</param>
    /// <param name="labels">One label a row; at least one row.</param>
    /// <param name="falseAlarm">What it costs to act on a row that does not come true, above 0.</param>
    /// <param name="miss">What it costs to leave one that does, above 0.</param>
    /// <exception cref="ArgumentException">The lengths differ, or there is no row.</exception>
    public static DecisionCost Of(
        ReadOnlySpan<float> probabilities,
        ReadOnlySpan<bool> labels,
        double falseAlarm,
        double miss
    )
    {
        if (probabilities.Length != labels.Length || labels.IsEmpty)
        {
            throw new ArgumentException(
                $"{probabilities.Length} probabilities and {labels.Length} labels are not as many, or none.",
                nameof(labels)
            );
        }

        double threshold = falseAlarm / (falseAlarm + miss);
        int taken = 0;
        int hits = 0;
        int positives = 0;
        for (int i = 0; i < labels.Length; i++)
        {
            bool isTaken = probabilities[i] >= threshold;
            taken += isTaken ? 1 : 0;
            hits += isTaken && labels[i] ? 1 : 0;
            positives += labels[i] ? 1 : 0;
        }

        double rows = labels.Length;
        return new DecisionCost(
            threshold,
            (double)hits / taken,
            (double)hits / positives,
            (((taken - hits) * falseAlarm) + ((positives - hits) * miss)) / rows,
            positives * miss / rows,
            (rows - positives) * falseAlarm / rows
        );
    }
}
