namespace Fecom.Learning.Metrics;

/// <summary>Scores with their labels, sorted: what the threshold metrics walk over.</summary>
internal readonly struct ScoredLabels
{
    private ScoredLabels(float[] scores, bool[] labels, int positives)
    {
        Scores = scores;
        Labels = labels;
        Positives = positives;
    }

    /// <summary>Ascending.</summary>
    public float[] Scores { get; }

    /// <summary>In the order of <see cref="Scores"/>.</summary>
    public bool[] Labels { get; }

    public int Positives { get; }

    public int Count => Scores.Length;

    public static ScoredLabels Sort(ReadOnlySpan<float> scores, ReadOnlySpan<bool> labels)
    {
        RequireSameLength(scores.Length, labels.Length);
        float[] sorted = scores.ToArray();
        bool[] order = labels.ToArray();
        Array.Sort(sorted, order);
        if (sorted.Length > 0 && float.IsNaN(sorted[0]))
        {
            throw new ArgumentException("A score is not a number.", nameof(scores));
        }

        return new ScoredLabels(sorted, order, order.AsSpan().Count(true));
    }

    public static void RequireSameLength(int scores, int labels)
    {
        if (scores != labels)
        {
            throw new ArgumentException($"There are {scores} scores and {labels} labels.", nameof(labels));
        }
    }
}
