using Fecom.Contracts;

namespace Fecom.Serving.LoadModels;

/// <summary>A version of a model that answers requests. Never changes; a promotion puts another in its place.</summary>
internal sealed record ServedModel<T>(string Name, int Version, string Sha256, T Model);

/// <summary>A promotion that could not be followed, and why.</summary>
internal sealed record RefusedModel(int Version, string Sha256, string Reason);

/// <summary>What must be known of a version that serves.</summary>
/// <param name="Notes">A sentence each.</param>
/// <param name="IsDegraded">Whether it is worse than it should be, as the notes say.</param>
internal sealed record ModelState(IReadOnlyList<string> Notes, bool IsDegraded)
{
    /// <summary>Nothing to say.</summary>
    public static ModelState Good { get; } = new([], IsDegraded: false);
}

/// <summary>The place of one model, whatever its type.</summary>
internal interface IModelSlot
{
    /// <summary>The registered model's name.</summary>
    string Name { get; }

    /// <summary>The version that serves; null while none does.</summary>
    int? Version { get; }

    /// <summary>Number of the newest promotion that was heard of; whatever has a smaller one is out of date.</summary>
    long Promotion { get; set; }

    /// <summary>What the registry said last of the version that serves.</summary>
    ModelState State { get; set; }

    /// <summary>The newest promotion, when it could not be followed.</summary>
    RefusedModel? Refused { get; set; }

    /// <summary>What must be known of what serves, a promotion that could not be followed among it.</summary>
    static IReadOnlyList<string> NotesOf(IModelSlot slot) =>
        slot.Refused is { } refused
            ? [.. slot.State.Notes, $"Version {refused.Version} cannot be loaded: {refused.Reason}"]
            : slot.State.Notes;

    /// <summary>Whether this very artifact serves already.</summary>
    bool Serves(ModelPromoted promoted);

    /// <summary>Reads the artifact, and only then swaps.</summary>
    void Swap(ModelPromoted promoted, ReadOnlyMemory<byte> artifact);
}

/// <summary>Holds the version that serves. A reader takes <see cref="Current"/> once a request and stays with it.</summary>
/// <param name="name">The registered model's name.</param>
/// <param name="read">Reads an artifact; throws when it cannot.</param>
internal sealed class ModelSlot<T>(string name, Func<ReadOnlyMemory<byte>, T> read) : IModelSlot
    where T : class
{
    private volatile ServedModel<T>? _current;
    private volatile RefusedModel? _refused;
    private volatile ModelState _state = ModelState.Good;
    private long _promotion;

    public string Name => name;

    public ServedModel<T>? Current => _current;

    public int? Version => _current?.Version;

    public long Promotion
    {
        get => Volatile.Read(ref _promotion);
        set => Volatile.Write(ref _promotion, value);
    }

    public ModelState State
    {
        get => _state;
        set => _state = value;
    }

    /// <summary>Names a version in an answer, with what whoever reads it must know.</summary>
    public AnsweringModel Describe(ServedModel<T> served) => new(served.Name, served.Version, IModelSlot.NotesOf(this));

    public RefusedModel? Refused
    {
        get => _refused;
        set => _refused = value;
    }

    public bool Serves(ModelPromoted promoted) =>
        _current is { } current && current.Version == promoted.Version && current.Sha256 == promoted.Sha256;

    /// <summary>Requests may hold the model before still; it goes with its last reference.</summary>
    public void Swap(ModelPromoted promoted, ReadOnlyMemory<byte> artifact) =>
        _current = new ServedModel<T>(name, promoted.Version, promoted.Sha256, read(artifact));
}
