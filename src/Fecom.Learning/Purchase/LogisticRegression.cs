namespace Fecom.Learning.Purchase;

/// <summary>Logistic regression by Newton's method, with a small L2 penalty: the baseline that trees have to beat.</summary>
/// <remarks>Features are standardised; a missing one counts as the mean and says so in a column of its own.</remarks>
internal sealed class LogisticRegression
{
    private const double Penalty = 1e-3;
    private const int MostSteps = 25;

    private readonly int _columns;
    private readonly double[] _mean;
    private readonly double[] _scale;
    private readonly double[] _weights;

    private LogisticRegression(int columns, double[] mean, double[] scale)
    {
        _columns = columns;
        _mean = mean;
        _scale = scale;
        _weights = new double[(2 * columns) + 1];
    }

    public static LogisticRegression Train(
        ReadOnlySpan<float> numbers,
        IReadOnlyList<PurchaseRow> rows,
        int columns,
        CancellationToken cancellationToken
    )
    {
        (double[] mean, double[] scale) = Standardise(numbers, columns);
        LogisticRegression model = new(columns, mean, scale);
        for (int step = 0; step < MostSteps; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (model.Step(numbers, rows) < 1e-6)
            {
                break;
            }
        }

        return model;
    }

    public void Predict(ReadOnlySpan<float> numbers, Span<float> probabilities)
    {
        double[] inputs = new double[_weights.Length];
        for (int row = 0; row < probabilities.Length; row++)
        {
            Fill(numbers.Slice(row * _columns, _columns), inputs);
            probabilities[row] = (float)Probability(inputs);
        }
    }

    /// <summary>One step; returns how far the weights moved.</summary>
    private double Step(ReadOnlySpan<float> numbers, IReadOnlyList<PurchaseRow> rows)
    {
        int size = _weights.Length;
        double[,] curvature = new double[size, size];
        double[] slope = new double[size];
        double[] inputs = new double[size];
        for (int row = 0; row < rows.Count; row++)
        {
            Fill(numbers.Slice(row * _columns, _columns), inputs);
            double probability = Probability(inputs);
            double error = (rows[row].IsPurchased ? 1 : 0) - probability;
            double weight = Math.Max(probability * (1 - probability), 1e-9);
            for (int i = 0; i < size; i++)
            {
                slope[i] += error * inputs[i];
                for (int j = 0; j <= i; j++)
                {
                    curvature[i, j] += weight * inputs[i] * inputs[j];
                }
            }
        }

        for (int i = 0; i < size; i++)
        {
            slope[i] -= Penalty * rows.Count * _weights[i];
            curvature[i, i] += Penalty * rows.Count;
        }

        return Move(Cholesky.Solve(curvature, slope));
    }

    private double Move(double[] change)
    {
        double moved = 0;
        for (int i = 0; i < change.Length; i++)
        {
            _weights[i] += change[i];
            moved = Math.Max(moved, Math.Abs(change[i]));
        }

        return moved;
    }

    private double Probability(double[] inputs)
    {
        double margin = 0;
        for (int i = 0; i < inputs.Length; i++)
        {
            margin += _weights[i] * inputs[i];
        }

        return 1 / (1 + Math.Exp(-margin));
    }

    private void Fill(ReadOnlySpan<float> row, double[] inputs)
    {
        for (int i = 0; i < _columns; i++)
        {
            bool isMissing = float.IsNaN(row[i]);
            inputs[i] = isMissing ? 0 : (row[i] - _mean[i]) / _scale[i];
            inputs[_columns + i] = isMissing ? 1 : 0;
        }

        inputs[^1] = 1;
    }

    private static (double[] Mean, double[] Scale) Standardise(ReadOnlySpan<float> numbers, int columns)
    {
        double[] mean = new double[columns];
        double[] scale = new double[columns];
        for (int column = 0; column < columns; column++)
        {
            double count = 0;
            double sum = 0;
            double squares = 0;
            for (int i = column; i < numbers.Length; i += columns)
            {
                if (!float.IsNaN(numbers[i]))
                {
                    count++;
                    sum += numbers[i];
                    squares += (double)numbers[i] * numbers[i];
                }
            }

            mean[column] = count == 0 ? 0 : sum / count;
            double variance = count == 0 ? 0 : (squares / count) - (mean[column] * mean[column]);
            scale[column] = variance > 1e-12 ? Math.Sqrt(variance) : 1;
        }

        return (mean, scale);
    }
}
