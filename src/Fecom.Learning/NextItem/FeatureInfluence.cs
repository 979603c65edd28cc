using System.Runtime.InteropServices;
using System.Text.Json;
using Fecom.Learning.Boosting;

namespace Fecom.Learning.NextItem;

/// <summary>What a feature counts in a candidate's score.</summary>
/// <param name="Name">The feature, in snake case.</param>
/// <param name="Value">Its value for the candidate.</param>
/// <param name="Contribution">How much the score falls when the value is the mean of the candidates' instead, all others being as they are.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct FeatureInfluence(string Name, float Value, float Contribution)
{
    private static readonly string[] Names =
    [
        .. Enum.GetNames<CandidateFeature>().Select(JsonNamingPolicy.SnakeCaseLower.ConvertName),
    ];

    /// <summary>Of each candidate and feature. Scores all candidates once for each feature: for an explanation, not for every answer.</summary>
    internal static FeatureInfluence[][] OfRows(ColumnScorer trees, ReadOnlySpan<float> columns, int count)
    {
        float[] changed = columns.ToArray();
        float[] scores = new float[count];
        float[] without = new float[count];
        FeatureInfluence[][] influences = new FeatureInfluence[count][];
        trees.Score(changed, CandidateRows.Stride, scores);
        for (int i = 0; i < count; i++)
        {
            influences[i] = new FeatureInfluence[CandidateRows.Width];
        }

        for (int feature = 0; feature < CandidateRows.Width; feature++)
        {
            ReadOnlySpan<float> values = columns.Slice(feature * CandidateRows.Stride, count);
            Span<float> column = changed.AsSpan(feature * CandidateRows.Stride, CandidateRows.Stride);
            column.Fill(Mean(values));
            trees.Score(changed, CandidateRows.Stride, without);
            columns.Slice(feature * CandidateRows.Stride, CandidateRows.Stride).CopyTo(column);
            for (int i = 0; i < count; i++)
            {
                influences[i][feature] = new(Names[feature], values[i], scores[i] - without[i]);
            }
        }

        return influences;
    }

    private static float Mean(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (float value in values)
        {
            sum += value;
        }

        return values.IsEmpty ? 0 : (float)(sum / values.Length);
    }
}
