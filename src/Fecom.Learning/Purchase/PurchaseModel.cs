using System.Runtime.InteropServices;
using Fecom.Learning.Artifacts;
using Fecom.Learning.Views;
using Fecom.Learning.XGBoost;

namespace Fecom.Learning.Purchase;

/// <summary>What a feature adds to a prediction.</summary>
/// <param name="Feature">The feature's name; <c>bias</c> is what is predicted before any feature speaks.</param>
/// <param name="LogOdds">Added to the log odds of a purchase.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Contribution(string Feature, double LogOdds);

/// <summary>How likely a product in a session is bought: boosted trees over the six features. Predicts from any number of threads at once.</summary>
public sealed class PurchaseModel : IDisposable
{
    /// <summary>The kind in an artifact, and the model's name in the registry.</summary>
    public const string Kind = "purchase";

    private const int Version = 1;

    private readonly PurchaseEncoder _encoder;
    private readonly BoostedTrees _trees;

    internal PurchaseModel(PurchaseEncoder encoder, BoostedTrees trees, PurchaseCandidate candidate)
    {
        _encoder = encoder;
        _trees = trees;
        Candidate = candidate;
    }

    /// <summary>Share of the training rows that were bought.</summary>
    public double BaseRate => _encoder.BaseRate;

    /// <summary>Which events it learnt from.</summary>
    public PurchaseCandidate Candidate { get; }

    /// <summary>Boosting rounds it has.</summary>
    public int Rounds => _trees.Rounds;

    /// <summary>Reads a model from an artifact.</summary>
    /// <exception cref="InvalidDataException">The bytes are not a purchase model's artifact, or its features are others.</exception>
    /// <exception cref="XGBoostException">XGBoost cannot read the trees.</exception>
    public static PurchaseModel Load(ReadOnlyMemory<byte> artifact)
    {
        (Description model, ReadOnlyMemory<byte>[] parts) = ModelArtifact.Read<Description>(artifact, Kind, Version);
        if (parts.Length != 1 || !model.Features.SequenceEqual(PurchaseEncoder.FeatureNames))
        {
            throw new InvalidDataException($"The model's features are not {string.Join(", ", PurchaseEncoder.FeatureNames)}.");
        }

        PurchaseCandidate candidate = Enum.Parse<PurchaseCandidate>(model.Candidate);
        return new PurchaseModel(PurchaseEncoder.FromTables(model.Encoder), BoostedTrees.Load(parts[0].Span), candidate);
    }

    /// <summary>The model as one artifact.</summary>
    public byte[] Save()
    {
        Description model = new(
            PurchaseEncoder.FeatureNames,
            Candidate.ToString(),
            XGBoostLibrary.Version.ToString(),
            _encoder.ToTables()
        );
        return ModelArtifact.Write(Kind, Version, model, ("trees", _trees.Save()));
    }

    /// <summary>The probability that the product is bought later in the session, 0 to 1.</summary>
    public float Predict(in SessionFeatures features)
    {
        Span<float> numbers = stackalloc float[PurchaseEncoder.Columns];
        Span<float> probability = stackalloc float[1];
        _encoder.Encode(features, numbers);
        _trees.Predict(numbers, probability);
        return probability[0];
    }

    /// <summary>Predicts many at once.</summary>
    /// <param name="features">One element a prediction.</param>
    /// <param name="probabilities">Takes the probabilities; as long as <paramref name="features"/>.</param>
    public void Predict(ReadOnlySpan<SessionFeatures> features, Span<float> probabilities)
    {
        float[] numbers = new float[features.Length * PurchaseEncoder.Columns];
        for (int i = 0; i < features.Length; i++)
        {
            _encoder.Encode(features[i], numbers.AsSpan(i * PurchaseEncoder.Columns, PurchaseEncoder.Columns));
        }

        _trees.Predict(numbers, probabilities);
    }

    /// <summary>Why: what each feature and the bias add; together the log odds of <see cref="Predict(in SessionFeatures)"/>.</summary>
    public IReadOnlyList<Contribution> Explain(in SessionFeatures features)
    {
        Span<float> numbers = stackalloc float[PurchaseEncoder.Columns];
        Span<float> values = stackalloc float[PurchaseEncoder.Columns + 1];
        _encoder.Encode(features, numbers);
        _trees.Contributions(numbers, values);
        List<Contribution> contributions = [];
        for (int i = 0; i < PurchaseEncoder.Columns; i++)
        {
            contributions.Add(new Contribution(PurchaseEncoder.FeatureNames[i], values[i]));
        }

        contributions.Add(new Contribution("bias", values[^1]));
        return contributions;
    }

    /// <inheritdoc />
    public void Dispose() => _trees.Dispose();

    private sealed record Description(
        IReadOnlyList<string> Features,
        string Candidate,
        string XGBoost,
        EncoderTables Encoder
    );
}
