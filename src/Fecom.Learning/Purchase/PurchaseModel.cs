using System.Runtime.InteropServices;
using Fecom.Learning.Artifacts;

namespace Fecom.Learning.Purchase;

/// <summary>What a feature adds to a prediction.</summary>
/// <param name="Feature">The feature's name; <c>bias</c> is what is predicted before any feature speaks.</param>
/// <param name="LogOdds">Added to the log odds of a purchase.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Contribution(string Feature, double LogOdds);

/// <summary>How likely a product in a session is bought, from the cart view's features. Predicts from any number of threads at once.</summary>
/// <remarks>
/// Trained with ML.NET. The artifact holds ML.NET's own pipeline as its part <c>pipeline</c>, a file that stock ML.NET opens; here the
/// trees or weights in it are walked directly, because ML.NET's prediction engine serves one thread at a time.
/// </remarks>
public sealed class PurchaseModel
{
    /// <summary>The kind in an artifact, and the model's name in the registry.</summary>
    public const string Kind = "purchase";

    /// <summary>The version of artifacts that are read and written. Version 1 held XGBoost's trees, version 2 knew the six original features, version 3 had fewer of the visit's.</summary>
    public const int Format = 4;

    /// <summary>Rows that are predicted on the stack, without an array.</summary>
    private const int FewRows = 64;

    private readonly PurchaseEncoder _encoder;
    private readonly PurchaseScorer _scorer;
    private readonly ReadOnlyMemory<byte> _pipeline;
    private readonly int[] _cover;

    private PurchaseModel(Description model, ReadOnlyMemory<byte> pipeline, int[] cover)
    {
        _encoder = PurchaseEncoder.FromTables(model.Encoder);
        Algorithm = PurchaseAlgorithms.Parse(model.Algorithm);
        Candidate = Enum.Parse<PurchaseCandidate>(model.Candidate);
        Zone = FindZone(model.TimeZone);
        _pipeline = pipeline;
        _cover = cover;
        _scorer = PurchasePipeline.LoadScorer(pipeline, Algorithm, cover);
    }

    /// <summary>What it predicts with.</summary>
    public PurchaseAlgorithm Algorithm { get; }

    /// <summary>Share of the training rows that were bought.</summary>
    public double BaseRate => _encoder.BaseRate;

    /// <summary>Which events it learnt from, and so which products it can speak of.</summary>
    public PurchaseCandidate Candidate { get; }

    /// <summary>The time zone of the shop that it learnt from: hours and weekdays are told by it.</summary>
    public TimeZoneInfo Zone { get; }

    /// <summary>Trees it has; 0 when it is not made of trees.</summary>
    public int Trees => Algorithm == PurchaseAlgorithm.LightGbm ? _scorer.Trees : 0;

    /// <summary>Reads a model from an artifact.</summary>
    /// <exception cref="InvalidDataException">The bytes are not a purchase model's artifact, another release wrote it, or its features are others.</exception>
    public static PurchaseModel Load(ReadOnlyMemory<byte> artifact)
    {
        (Description model, ReadOnlyMemory<byte>[] parts) = ModelArtifact.Read<Description>(artifact, Kind, Format);
        if (parts.Length != 2 || !model.Features.SequenceEqual(PurchaseEncoder.FeatureNames))
        {
            throw new InvalidDataException(
                $"The model's features are not {string.Join(", ", PurchaseEncoder.FeatureNames)}."
            );
        }

        return new PurchaseModel(model, parts[0].ToArray(), MemoryMarshal.Cast<byte, int>(parts[1].Span).ToArray());
    }

    /// <summary>ML.NET's pipeline inside an artifact: a file that <c>MLContext.Model.Load</c> opens.</summary>
    /// <exception cref="InvalidDataException">The bytes are not a purchase model's artifact, or another release wrote it.</exception>
    public static byte[] PipelineOf(ReadOnlyMemory<byte> artifact) =>
        ModelArtifact.Read<Description>(artifact, Kind, Format).Parts[0].ToArray();

    /// <summary>The model as one artifact.</summary>
    public byte[] Save()
    {
        Description model = new(
            PurchaseEncoder.FeatureNames,
            Algorithm.Name(),
            Candidate.ToString(),
            Zone.Id,
            _encoder.ToTables()
        );
        return ModelArtifact.Write(
            Kind,
            Format,
            model,
            ("pipeline", _pipeline.ToArray()),
            ("cover", MemoryMarshal.AsBytes(_cover.AsSpan()).ToArray())
        );
    }

    /// <summary>Writes the model as ONNX.</summary>
    /// <remarks>
    /// Inputs of one row each: texts <c>category_code_level1</c>, <c>category_path</c> (first and second level with a dot between) and
    /// <c>brand</c>, empty where missing, and numbers <c>event_weekday</c>, <c>activity_count</c> and <c>price</c>, all of shape
    /// <c>[rows, 1]</c>; and <c>history</c>, the numbers of <see cref="PurchaseFeatures.Names"/> in their order, where missing as
    /// <see cref="PurchaseFeatures.Missing"/> says, of shape <c>[rows, 42]</c>. Output <c>Probability.output</c> is what <see cref="Predict(in PurchaseFeatures)"/> gives.
    /// </remarks>
    public void WriteOnnx(Stream onnx) => PurchasePipeline.WriteOnnx(_pipeline, onnx);

    /// <summary>The probability that the product is bought later in the session, 0 to 1.</summary>
    public float Predict(in PurchaseFeatures features)
    {
        Span<float> numbers = stackalloc float[PurchaseEncoder.Columns];
        _encoder.Encode(features, numbers);
        return PurchaseScorer.Probability(_scorer.LogOdds(numbers));
    }

    /// <summary>Predicts many at once.</summary>
    /// <param name="features">One element a prediction.</param>
    /// <param name="probabilities">Takes the probabilities; as long as <paramref name="features"/>.</param>
    public void Predict(ReadOnlySpan<PurchaseFeatures> features, Span<float> probabilities)
    {
        int rows = features.Length;
        Span<float> numbers =
            rows <= FewRows
                ? stackalloc float[rows * PurchaseEncoder.Columns]
                : new float[rows * PurchaseEncoder.Columns];
        Span<double> logOdds = rows <= FewRows ? stackalloc double[rows] : new double[rows];
        for (int i = 0; i < rows; i++)
        {
            _encoder.Encode(features[i], numbers.Slice(i * PurchaseEncoder.Columns, PurchaseEncoder.Columns));
        }

        _scorer.LogOdds(numbers, logOdds);
        for (int i = 0; i < rows; i++)
        {
            probabilities[i] = PurchaseScorer.Probability(logOdds[i]);
        }
    }

    /// <summary>Why: what each feature and the bias add; together the log odds of <see cref="Predict(in PurchaseFeatures)"/>.</summary>
    public IReadOnlyList<Contribution> Explain(in PurchaseFeatures features)
    {
        Span<float> numbers = stackalloc float[PurchaseEncoder.Columns];
        Span<double> values = stackalloc double[PurchaseEncoder.Columns + 1];
        _encoder.Encode(features, numbers);
        _scorer.Contributions(numbers, values);
        List<Contribution> contributions = new(values.Length);
        for (int i = 0; i < PurchaseEncoder.Columns; i++)
        {
            contributions.Add(new Contribution(PurchaseEncoder.FeatureNames[i], values[i]));
        }

        contributions.Add(new Contribution("bias", values[^1]));
        return contributions;
    }

    /// <summary>The numbers of rows, as the scorer reads them.</summary>
    internal float[] Encode(IReadOnlyList<PurchaseRow> rows) => _encoder.Encode(rows);

    /// <summary>Log odds of encoded rows.</summary>
    internal void LogOdds(ReadOnlySpan<float> numbers, Span<double> logOdds) => _scorer.LogOdds(numbers, logOdds);

    /// <summary>A model of what was trained; it is read back from what will be saved, so that what was measured is what serves.</summary>
    internal static PurchaseModel Of(
        PurchaseEncoder encoder,
        PurchaseAlgorithm algorithm,
        PurchaseCandidate candidate,
        TimeZoneInfo zone,
        Microsoft.ML.ITransformer predictor,
        int[] cover
    )
    {
        EncoderTables tables = encoder.ToTables();
        Description model = new(PurchaseEncoder.FeatureNames, algorithm.Name(), candidate.ToString(), zone.Id, tables);
        return new PurchaseModel(model, PurchasePipeline.Save(tables, algorithm, predictor), cover);
    }

    private static TimeZoneInfo FindZone(string id) =>
        TimeZoneInfo.TryFindSystemTimeZoneById(id, out TimeZoneInfo? zone)
            ? zone
            : throw new InvalidDataException($"The model's time zone {id} is not known on this machine.");

    private sealed record Description(
        IReadOnlyList<string> Features,
        string Algorithm,
        string Candidate,
        string TimeZone,
        EncoderTables Encoder
    );
}
