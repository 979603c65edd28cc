using System.Runtime.InteropServices;
using Fecom.Learning.Purchase;

namespace Fecom.Benchmarks.Training;

/// <summary>A file of labelled rows of numbers, of which eight matter, two by two; and a fifth as many that are kept back.</summary>
internal sealed class TrainingFile
{
    /// <summary>Numbers a row: as many as the purchase model learns from.</summary>
    public const int Columns = PurchaseEncoder.Columns;

    private readonly string _path;
    private readonly int _rows;

    private TrainingFile(string path, int rows, float[] heldOut, bool[] heldOutLabels)
    {
        (_path, _rows) = (path, rows);
        (HeldOut, HeldOutLabels) = (heldOut, heldOutLabels);
    }

    /// <summary>Rows that nothing is learned from.</summary>
    public float[] HeldOut { get; }

    public bool[] HeldOutLabels { get; }

    public static TrainingFile Make(string path, int rows)
    {
        Random random = new(17);
        (float[] values, bool[] labels) = Rows(random, rows);
        using (FileStream file = File.Create(path))
        {
            file.Write(MemoryMarshal.AsBytes(values.AsSpan()));
            file.Write(MemoryMarshal.AsBytes(labels.AsSpan()));
            file.Flush(flushToDisk: true);
        }

        (float[] heldOut, bool[] heldOutLabels) = Rows(random, Math.Max(1, rows / 5));
        return new TrainingFile(path, rows, heldOut, heldOutLabels);
    }

    public (float[] Values, bool[] Labels) Read()
    {
        float[] values = GC.AllocateUninitializedArray<float>(_rows * Columns);
        bool[] labels = new bool[_rows];
        using FileStream file = File.OpenRead(_path);
        file.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
        file.ReadExactly(MemoryMarshal.AsBytes(labels.AsSpan()));
        return (values, labels);
    }

    private static (float[] Values, bool[] Labels) Rows(Random random, int rows)
    {
        float[] values = new float[rows * Columns];
        bool[] labels = new bool[rows];
        for (int row = 0; row < rows; row++)
        {
            Span<float> of = values.AsSpan(row * Columns, Columns);
            foreach (ref float value in of)
            {
                value = (float)((random.NextDouble() * 2) - 1);
            }

            double margin =
                (4 * of[0] * of[1])
                + (3 * of[2] * of[3])
                + Math.Sin(5 * of[4])
                + of[5]
                - of[6]
                + (2 * of[7] * of[7])
                - 1;
            labels[row] = random.NextDouble() < 1 / (1 + Math.Exp(-margin));
        }

        return (values, labels);
    }
}
