using System.Globalization;
using Fecom.Learning.Merchandising;
using Fecom.Learning.Recommend;
using Fecom.Serving.LoadModels;
using Fecom.Serving.LogPredictions;

namespace Fecom.Serving.RunExperiments;

/// <summary>What a visitor gets of an experiment.</summary>
/// <param name="Exposure">To be recorded with the answer.</param>
/// <param name="Variant">The variant's settings.</param>
/// <param name="Rules">Its rules; null for those in force.</param>
internal sealed record Assignment(Exposure Exposure, VariantBody Variant, MerchandisingRules? Rules);

/// <summary>A running experiment.</summary>
/// <param name="Version">What it is now.</param>
/// <param name="Rules">The versions of the rules that its variants name.</param>
internal sealed record RunningExperiment(ExperimentVersion Version, IReadOnlyDictionary<int, MerchandisingRules> Rules)
{
    /// <summary>Variants that visitors still get.</summary>
    public IEnumerable<VariantBody> Active =>
        Version.Definition.Variants!.OfType<VariantBody>().Where(one => !Version.StoppedVariants.Contains(one.Name));
}

/// <summary>The running experiments in memory: no request asks PostgreSQL for them.</summary>
internal sealed class Experiments(ModelSlot<Recommender> models, TimeProvider time) : IVersionUser
{
    private volatile IReadOnlyList<RunningExperiment> _running = [];
    private volatile Dictionary<string, RunningExperiment> _byPlace = [];

    /// <summary>Whether there is or was any.</summary>
    public bool Exist { get; set; }

    /// <summary>What the guard has changed lately, newest first.</summary>
    public IReadOnlyList<ExperimentVersion> Guarded { get; set; } = [];

    /// <summary>Those that run.</summary>
    public IReadOnlyList<RunningExperiment> Running
    {
        get => _running;
        set
        {
            _byPlace = value
                .SelectMany(one => one.Version.Definition.Places!.Select(place => (Place: place, Experiment: one)))
                .DistinctBy(one => one.Place)
                .ToDictionary(one => one.Place, one => one.Experiment, StringComparer.Ordinal);
            _running = value;
        }
    }

    public IEnumerable<WantedVersion> Wanted =>
        _running
            .SelectMany(one => one.Active)
            .Where(variant => variant.ModelVersion is not null)
            .Select(variant => new WantedVersion(Recommender.Kind, variant.ModelVersion!.Value));

    /// <summary>Experiments that rest on this host, because it cannot serve one of their variants: then nobody is part of them, so that no variant is judged by some of its visitors.</summary>
    public IEnumerable<(string Name, int Version)> Resting =>
        _running
            .Select(one => (one.Version.Name, Missing: MissingOf(one)))
            .Where(one => one.Missing is not null)
            .Select(one => (one.Name, one.Missing!.Value));

    /// <summary>What a visitor gets at a call; null when the call is of no experiment, or the visitor is not part of it.</summary>
    /// <param name="place">The call's kind.</param>
    /// <param name="unit">Whom the answer is for.</param>
    public Assignment? Assign(string place, AnswerUnit unit)
    {
        if (!_byPlace.TryGetValue(place, out RunningExperiment? experiment))
        {
            return null;
        }

        ExperimentBody body = experiment.Version.Definition;
        string? key = body.Unit == "session" ? (unit with { UserId = null }).Key : unit.Key;
        if (key is null || VariantOf(body, key) is not { } variant)
        {
            return null;
        }

        return experiment.Version.StoppedVariants.Contains(variant.Name) || MissingOf(experiment) is not null
            ? null
            : new Assignment(
                new Exposure(experiment.Version.Name, variant.Name!, key, SessionOf(unit, key)),
                variant,
                variant.RulesVersion is { } rules ? experiment.Rules[rules] : null
            );
    }

    /// <summary>The variant that a unit gets: always the same; null where it does not take part.</summary>
    internal static VariantBody? VariantOf(ExperimentBody body, string key)
    {
        double place = AnswerUnit.Draw($"experiment {body.Name}", key) / body.TrafficShare;
        if (place >= 1)
        {
            return null;
        }

        double end = 0;
        foreach (VariantBody? variant in body.Variants!)
        {
            end += variant!.Share!.Value;
            if (place < end)
            {
                return variant;
            }
        }

        return body.Variants[^1];
    }

    private int? MissingOf(RunningExperiment experiment) =>
        experiment
            .Active.Select(variant => variant.ModelVersion)
            .FirstOrDefault(version => version is { } named && !models.Has(named));

    private string SessionOf(AnswerUnit unit, string key) =>
        unit.Session is { } session
            ? PredictionTable.SessionKey(session)
            : string.Create(CultureInfo.InvariantCulture, $"day\n{time.GetUtcNow():yyyy-MM-dd}\n{key}");
}
