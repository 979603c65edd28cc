namespace Fecom.Learning.XGBoost;

/// <summary>Rows with labels in XGBoost's own form, compressed once and used for many trees. Dispose it when the model is trained.</summary>
public sealed unsafe class TrainingMatrix : IDisposable
{
    private TrainingMatrix(MatrixHandle handle, int rows, int columns)
    {
        Handle = handle;
        Rows = rows;
        Columns = columns;
    }

    /// <summary>How many rows.</summary>
    public int Rows { get; }

    /// <summary>How many features a row has.</summary>
    public int Columns { get; }

    internal MatrixHandle Handle { get; }

    /// <summary>Copies rows into a matrix.</summary>
    /// <param name="values">Row-major features; NaN is missing, infinity is refused.</param>
    /// <param name="labels">One label a row; its length is the number of rows.</param>
    /// <param name="columns">Features a row, from 1.</param>
    /// <param name="threads">Threads for the copy; 0 means all.</param>
    /// <exception cref="ArgumentException">There are no rows, or the lengths do not fit together.</exception>
    /// <exception cref="XGBoostException">XGBoost refused the values.</exception>
    public static TrainingMatrix Create(
        ReadOnlySpan<float> values,
        ReadOnlySpan<float> labels,
        int columns,
        int threads = 0
    )
    {
        if (labels.IsEmpty || values.Length != (long)labels.Length * columns)
        {
            throw new ArgumentException(
                $"{labels.Length} rows of {columns} features do not take {values.Length} values.",
                nameof(values)
            );
        }

        MatrixHandle handle = CreateHandle(values, labels.Length, columns, threads);
        fixed (float* first = labels)
        {
            int result = NativeMethods.XGDMatrixSetFloatInfo(handle, "label", first, (ulong)labels.Length);
            NativeMethods.Check(result, nameof(NativeMethods.XGDMatrixSetFloatInfo));
        }

        return new TrainingMatrix(handle, labels.Length, columns);
    }

    /// <inheritdoc />
    public void Dispose() => Handle.Dispose();

    internal static MatrixHandle CreateHandle(ReadOnlySpan<float> values, int rows, int columns, int threads)
    {
        Span<byte> description = stackalloc byte[ArrayInterface.MaximumLength];
        fixed (float* first = values)
        fixed (byte* json = description)
        {
            ArrayInterface.Write(description, first, rows, columns);
            string config = $$"""{"missing":NaN,"nthread":{{threads}}}""";
            NativeMethods.Check(NativeMethods.XGDMatrixCreateFromDense(json, config, out nint matrix));
            return new MatrixHandle(matrix);
        }
    }
}
