using System.Runtime.InteropServices;
using Fecom.Learning.Boosting;

namespace Fecom.Learning.Purchase;

/// <summary>What a trial came to.</summary>
/// <param name="LogLoss">The lowest log loss on the rows behind each time split that was asked, the mean of these.</param>
/// <param name="Trees">How many trees that took, on average.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct TrialOutcome(double LogLoss, int Trees);

/// <summary>The encoded rows of a study, by which every trial is measured: the time splits of the training rows. The rows on which models are judged later are not among them.</summary>
public sealed class PurchaseTrials
{
    /// <summary>Rows of a time split at most, the newest: what a host holds in memory, 90 MB a split, and half as much again in bins while trials run.</summary>
    public const int MaxRows = 500_000;

    /// <summary>Begins every file; another format has another one.</summary>
    private const long Magic = 0x3130_5444_5954_5346;

    private readonly List<Split> _splits;

    private int _users;
    private bool _isFreed;

    private PurchaseTrials(List<Split> splits) => _splits = splits;

    /// <summary>Rows that a trial learns from in its largest time split.</summary>
    public int Rows => _splits.Max(split => split.Fit.Labels.Length);

    /// <summary>Encodes the time splits of a data set.</summary>
    public static PurchaseTrials Of(PurchaseDataSet data, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(data);
        List<Split> splits = [];
        foreach (PurchaseFold fold in data.Folds)
        {
            cancellationToken.ThrowIfCancellationRequested();
            IReadOnlyList<PurchaseRow> fit = Newest(fold.Fit);
            IReadOnlyList<PurchaseRow> stop = Newest(fold.Stop);
            splits.Add(
                new Split(
                    Matrix.Of(PurchaseEncoder.EncodeOutOfFold(fit), fit),
                    Matrix.Of(PurchaseEncoder.Fit(fit).Encode(stop), stop)
                )
            );
        }

        return new PurchaseTrials(splits);
    }

    /// <summary>Measures options: grows trees on time splits and asks them about the rows behind each.</summary>
    /// <remarks>
    /// The highest rung tells what options are worth, by all splits. Those below only have to tell which options climb on: they ask the
    /// newest split, which has the most rows, a part of these, and no more trees than <see cref="PurchaseSearch.TreesBelow"/>.
    /// </remarks>
    /// <param name="options">How trees are grown.</param>
    /// <param name="rung">The rung, from 0.</param>
    /// <param name="rungs">How many there are.</param>
    /// <param name="cancellationToken">Returns at once; a tree that is growing grows to its end.</param>
    public TrialOutcome Run(BoostingOptions options, int rung, int rungs, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        bool isHighest = rung + 1 >= rungs;
        double share = PurchaseSearch.ShareOf(rung, rungs);
        BoostingOptions grown = isHighest ? options : options with { Trees = PurchaseSearch.TreesBelow(options) };
        List<Split> asked = isHighest ? _splits : _splits[^1..];
        double[][] losses = LightGbmTraining.Run(
            () => LogLoss(asked, share, grown, cancellationToken),
            cancellationToken
        );
        return new TrialOutcome(
            losses.Average(curve => curve[^1]),
            (int)Math.Round(losses.Average(curve => curve.Length))
        );
    }

    /// <summary>
    /// Gives back the memory in which LightGBM has the rows, at once or when the last trial has ended. A trial that runs later has them binned
    /// anew, for itself.
    /// </summary>
    public void Free()
    {
        lock (_splits)
        {
            _isFreed = true;
            FreeUnused();
        }
    }

    /// <summary>
    /// The log loss after each tree of each split. Splits grow side by side with a thread each as long as there are threads: LightGBM's own wait
    /// for each other at every leaf, so that two grow small trees hardly faster than one.
    /// </summary>
    /// <remarks>Has its turn with LightGBM, so no two trials bin the same rows.</remarks>
    private double[][] LogLoss(
        List<Split> asked,
        double share,
        BoostingOptions options,
        CancellationToken cancellationToken
    )
    {
        lock (_splits)
        {
            _users++;
        }

        try
        {
            int threads = options.Threads > 0 ? options.Threads : Environment.ProcessorCount;
            int atOnce = Math.Min(asked.Count, threads);
            BoostingOptions each = options with { Threads = threads / atOnce };
            double[][] losses = new double[asked.Count][];
            Parallel
                .ForEachAsync(
                    // The newest split has the most rows, so it begins first.
                    Enumerable.Range(0, asked.Count).Reverse(),
                    new ParallelOptions { MaxDegreeOfParallelism = atOnce, CancellationToken = cancellationToken },
                    (i, stop) =>
                    {
                        losses[i] = Binned(asked[i], share, each.Threads, stop).LogLoss(each, stop);
                        return ValueTask.CompletedTask;
                    }
                )
                .GetAwaiter()
                .GetResult();
            return losses;
        }
        finally
        {
            lock (_splits)
            {
                _users--;
                FreeUnused();
            }
        }
    }

    private BinnedRows Binned(Split split, double share, int threads, CancellationToken cancellationToken)
    {
        if (!split.Binned.TryGetValue(share, out BinnedRows? rows))
        {
            rows = new BinnedRows(
                split.Fit.Newest(share, cancellationToken),
                split.Stop.Newest(1, cancellationToken),
                // Every trial is asked about the same rows, so fewer tell them apart.
                BoostedTreesTrainer.CurveRows / _splits.Count,
                threads
            );
            split.Binned.Add(share, rows);
        }

        return rows;
    }

    private void FreeUnused()
    {
        if (_isFreed && _users == 0)
        {
            _splits.ForEach(split => split.Free());
        }
    }

    /// <summary>All of it as bytes, for other hosts.</summary>
    public byte[] Save()
    {
        using MemoryStream file = new(16 + _splits.Sum(split => split.Fit.Bytes + split.Stop.Bytes));
        using BinaryWriter writer = new(file);
        writer.Write(Magic);
        writer.Write(PurchaseEncoder.Columns);
        writer.Write(_splits.Count);
        foreach (Split split in _splits)
        {
            split.Fit.Write(writer);
            split.Stop.Write(writer);
        }

        writer.Flush();
        return file.ToArray();
    }

    /// <summary>What <see cref="Save"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The bytes are not that, or another release wrote them.</exception>
    public static PurchaseTrials Load(byte[] bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        try
        {
            using BinaryReader reader = new(new MemoryStream(bytes, writable: false));
            if (reader.ReadInt64() != Magic || reader.ReadInt32() != PurchaseEncoder.Columns)
            {
                throw new InvalidDataException("The study's rows were written by another release.");
            }

            List<Split> splits = [];
            for (int left = reader.ReadInt32(); left > 0; left--)
            {
                splits.Add(new Split(Matrix.Read(reader), Matrix.Read(reader)));
            }

            return splits.Count > 0
                ? new PurchaseTrials(splits)
                : throw new InvalidDataException("The study's file holds no rows.");
        }
        catch (EndOfStreamException e)
        {
            throw new InvalidDataException("The study's rows are cut off.", e);
        }
    }

    private static IReadOnlyList<PurchaseRow> Newest(IReadOnlyList<PurchaseRow> rows) =>
        rows.Count <= MaxRows ? rows : [.. rows.Skip(rows.Count - MaxRows)];

    private sealed class Split(Matrix fit, Matrix stop)
    {
        public Matrix Fit => fit;

        public Matrix Stop => stop;

        /// <summary>By their share of the rows those that trials have learned from so far, for trials to come: a byte or two a number.</summary>
        public Dictionary<double, BinnedRows> Binned { get; } = [];

        public void Free()
        {
            foreach (BinnedRows rows in Binned.Values)
            {
                rows.Dispose();
            }

            Binned.Clear();
        }
    }

    private sealed record Matrix(float[] Values, bool[] Labels, float[] Weights)
    {
        public int Bytes => sizeof(int) + (Values.Length * sizeof(float)) + (Labels.Length * (1 + sizeof(float)));

        public static Matrix Of(float[] values, IReadOnlyList<PurchaseRow> rows) =>
            new(values, [.. rows.Select(row => row.IsPurchased)], [.. rows.Select(row => row.Weight)]);

        public FeatureMatrix Newest(double share, CancellationToken cancellationToken)
        {
            int first = Labels.Length - Math.Max(1, (int)(Labels.Length * share));
            return first == 0
                ? new FeatureMatrix(Values, Labels, PurchaseEncoder.Columns, cancellationToken, Weights)
                : new FeatureMatrix(
                    Values[(first * PurchaseEncoder.Columns)..],
                    Labels[first..],
                    PurchaseEncoder.Columns,
                    cancellationToken,
                    Weights[first..]
                );
        }

        public void Write(BinaryWriter writer)
        {
            writer.Write(Labels.Length);
            writer.Write(MemoryMarshal.AsBytes(Values.AsSpan()));
            writer.Write(MemoryMarshal.AsBytes(Labels.AsSpan()));
            writer.Write(MemoryMarshal.AsBytes(Weights.AsSpan()));
        }

        public static Matrix Read(BinaryReader reader)
        {
            int rows = reader.ReadInt32();
            if (rows is < 1 or > MaxRows)
            {
                throw new InvalidDataException("The study's file does not hold rows.");
            }

            Matrix matrix = new(new float[rows * PurchaseEncoder.Columns], new bool[rows], new float[rows]);
            Fill(reader, MemoryMarshal.AsBytes(matrix.Values.AsSpan()));
            Fill(reader, MemoryMarshal.AsBytes(matrix.Labels.AsSpan()));
            Fill(reader, MemoryMarshal.AsBytes(matrix.Weights.AsSpan()));
            return matrix;
        }

        private static void Fill(BinaryReader reader, Span<byte> to) => reader.BaseStream.ReadExactly(to);
    }
}
