using Fecom.Learning.Boosting;
using Fecom.Learning.Purchase;
using Fecom.Learning.Tuning;

namespace Fecom.Training.TunePurchaseModel;

/// <summary>What a study may do.</summary>
/// <param name="Sampler">How parameters are found.</param>
/// <param name="Halving">Whether most trials learn from a part of the rows only.</param>
/// <param name="Seed">Seed of every draw.</param>
/// <param name="Trials">How many parameters are tried.</param>
/// <param name="MaxSeconds">Seconds after which no trial begins any more.</param>
internal sealed record StudyLimits(Sampler Sampler, bool Halving, long Seed, int Trials, int MaxSeconds)
{
    public const int MaxTrials = 1_000;

    public const int DaySeconds = 86_400;

    public const string Tpe = "tpe";

    public const string Random = "random";

    /// <summary>What a study may do of which nobody said more.</summary>
    public static StudyLimits Default { get; } =
        new(Sampler.Tpe, Halving: true, Seed: 17, Trials: 40, MaxSeconds: 3_600);

    public string SamplerName => Sampler == Sampler.Random ? Random : Tpe;

    public static Sampler SamplerOf(string name) => name == Random ? Sampler.Random : Sampler.Tpe;
}

/// <summary>A study whose rows are there.</summary>
internal sealed record Study(long Id, StudyLimits Limits, int Rungs, string DataPath, string DataSha256)
{
    /// <summary>The order of its trials.</summary>
    public StudyPlan Plan =>
        new()
        {
            Space = PurchaseSearch.Space,
            First = PurchaseSearch.Of(PurchaseTrainer.Options),
            Sampler = Limits.Sampler,
            Seed = Limits.Seed,
            Trials = Limits.Trials,
            Rungs = Rungs,
        };
}

/// <summary>A trial that this host has to measure.</summary>
/// <param name="Study">The study.</param>
/// <param name="Trial">The trial's number.</param>
/// <param name="Rung">The rung.</param>
/// <param name="Attempt">How often it was taken, this time included: what is told of another attempt does not count.</param>
/// <param name="Parameters">The parameters.</param>
internal sealed record TrialClaim(long Study, int Trial, int Rung, int Attempt, IReadOnlyList<double> Parameters);

/// <summary>The best parameters of a study.</summary>
/// <param name="Study">The study.</param>
/// <param name="Parameters">In the order of <see cref="PurchaseSearch.Space"/>.</param>
internal sealed record TunedParameters(long Study, IReadOnlyList<double> Parameters)
{
    public BoostingOptions Apply(BoostingOptions options) => PurchaseSearch.Apply(options, Parameters);
}
