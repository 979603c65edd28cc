using Fecom.Contracts;

namespace Fecom.Serving.LoadModels;

/// <summary>A version of a model that answers requests. Never changes; a promotion puts another in its place.</summary>
internal sealed record ServedModel<T>(string Name, int Version, string Sha256, T Model);

/// <summary>A promotion that could not be followed, and why.</summary>
internal sealed record RefusedModel(int Version, string Sha256, string Reason);

/// <summary>The place of one model, whatever its type.</summary>
internal interface IModelSlot
{
    /// <summary>The registered model's name.</summary>
    string Name { get; }

    /// <summary>The version that serves; null while none does.</summary>
    int? Version { get; }

    /// <summary>The newest promotion, when it could not be followed.</summary>
    RefusedModel? Refused { get; set; }

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

    public string Name => name;

    public ServedModel<T>? Current => _current;

    public int? Version => _current?.Version;

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
