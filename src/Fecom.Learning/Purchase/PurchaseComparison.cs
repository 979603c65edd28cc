using Fecom.Learning.Metrics;

namespace Fecom.Learning.Purchase;

/// <summary>A purchase model beside another one on the same rows, and how sure the differences are: sessions are drawn anew, see <see cref="Bootstrap"/>.</summary>
/// <param name="PrAucGain">PR-AUC less that of the other one.</param>
/// <param name="CalibrationLoss">Expected calibration error less that of the other one: above zero where this one is worse.</param>
public sealed record PurchaseComparison(Estimate PrAucGain, Estimate CalibrationLoss)
{
    /// <summary>Compares two models by what they predict for the same rows.</summary>
    /// <param name="model">Probabilities of the one.</param>
    /// <param name="other">Probabilities of the other.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="sessions">The session of each row, numbered from 0 without gaps.</param>
    /// <param name="seed">Seed of the draws.</param>
    public static PurchaseComparison Of(
        float[] model,
        float[] other,
        IReadOnlyList<PurchaseRow> rows,
        IReadOnlyList<int> sessions,
        int seed
    )
    {
        ArgumentNullException.ThrowIfNull(sessions);
        int groups = sessions.Count == 0 ? 0 : sessions.Max() + 1;
        SortedRows own = new(model, rows, sessions);
        SortedRows others = new(other, rows, sessions);
        return new PurchaseComparison(
            Bootstrap.Of(groups, counts => own.PrAuc(counts) - others.PrAuc(counts), seed),
            Bootstrap.Of(groups, counts => own.CalibrationError(counts) - others.CalibrationError(counts), seed)
        );
    }

    /// <summary>Rows by ascending probability: sorted once for all draws.</summary>
    private sealed class SortedRows
    {
        private readonly float[] _probabilities;
        private readonly bool[] _labels;
        private readonly int[] _sessions;
        private readonly int[] _binEnds;

        public SortedRows(float[] probabilities, IReadOnlyList<PurchaseRow> rows, IReadOnlyList<int> sessions)
        {
            ScoredLabels.RequireSameLength(probabilities.Length, rows.Count);
            ScoredLabels.RequireSameLength(probabilities.Length, sessions.Count);
            _probabilities = (float[])probabilities.Clone();
            int[] order = [.. Enumerable.Range(0, rows.Count)];
            Array.Sort(_probabilities, order);
            _labels = Array.ConvertAll(order, row => rows[row].IsPurchased);
            _sessions = Array.ConvertAll(order, row => sessions[row]);
            int end = 0;
            _binEnds = [.. Calibration.Of(_probabilities, _labels).Bins.Select(bin => end += bin.Count)];
        }

        public double PrAuc(int[] counts) => AveragePrecision.Of(_probabilities, _labels, _sessions, counts);

        /// <summary>In the bins of the rows as they are.</summary>
        public double CalibrationError(int[] counts)
        {
            double distance = 0;
            long total = 0;
            int row = 0;
            foreach (int end in _binEnds)
            {
                double predicted = 0;
                long bought = 0;
                for (; row < end; row++)
                {
                    int times = counts[_sessions[row]];
                    total += times;
                    predicted += times * (double)_probabilities[row];
                    bought += _labels[row] ? times : 0;
                }

                distance += Math.Abs(predicted - bought);
            }

            return distance / total;
        }
    }
}
