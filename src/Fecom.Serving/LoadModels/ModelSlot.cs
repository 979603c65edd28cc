using Fecom.Contracts;

namespace Fecom.Serving.LoadModels;

/// <summary>A version of a model that answers requests. Immutable; a promotion replaces it.</summary>
internal sealed record ServedModel<T>(string Name, int Version, string Sha256, T Model);

/// <summary>A promotion that could not be followed, and why.</summary>
internal sealed record RefusedModel(int Version, string Sha256, string Reason);

/// <summary>Warnings about a version that serves.</summary>
/// <param name="Notes">A sentence each.</param>
/// <param name="IsDegraded">Whether it is worse than it should be, as the notes say.</param>
internal sealed record ModelState(IReadOnlyList<string> Notes, bool IsDegraded)
{
    /// <summary>No warnings.</summary>
    public static ModelState Good { get; } = new([], IsDegraded: false);
}

/// <summary>The slot of one model, independent of its type.</summary>
internal interface IModelSlot
{
    /// <summary>The registered model's name.</summary>
    string Name { get; }

    /// <summary>The version that serves; null while none does.</summary>
    int? Version { get; }

    /// <summary>Number of the newest promotion that was received; those with a smaller number are out of date.</summary>
    long Promotion { get; set; }

    /// <summary>The registry's latest warnings about the version that serves.</summary>
    ModelState State { get; set; }

    /// <summary>The newest promotion, when it could not be followed.</summary>
    RefusedModel? Refused { get; set; }

    /// <summary>All warnings about the serving version, including a promotion that could not be followed.</summary>
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

    /// <summary>Describes a version in an answer, with its warnings.</summary>
    public AnsweringModel Describe(ServedModel<T> served) => new(served.Name, served.Version, IModelSlot.NotesOf(this));

    public RefusedModel? Refused
    {
        get => _refused;
        set => _refused = value;
    }

    public bool Serves(ModelPromoted promoted) =>
        _current is { } current && current.Version == promoted.Version && current.Sha256 == promoted.Sha256;

    /// <summary>Requests may still use the former model; it is collected with its last reference.</summary>
    public void Swap(ModelPromoted promoted, ReadOnlyMemory<byte> artifact) =>
        _current = new ServedModel<T>(name, promoted.Version, promoted.Sha256, read(artifact));
}
