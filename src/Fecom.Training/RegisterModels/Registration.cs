namespace Fecom.Training.RegisterModels;

/// <summary>The end of every training: its model goes into the registry and, where it is better, into the champion's place.</summary>
internal sealed class Registration(
    ModelRegistry registry,
    ArtifactStore artifacts,
    Promotion promotion,
    OldArtifacts old
)
{
    /// <summary>Checks whether a training has anything new to learn.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="fingerprint">Of the data, the settings and the code.</param>
    /// <param name="cancellationToken">Stops looking.</param>
    /// <returns>Why there is nothing to learn; null when there is something, or when the file of the version that learned it is gone.</returns>
    public async Task<string?> NothingNewAsync(string model, string fingerprint, CancellationToken cancellationToken)
    {
        RegisteredVersion? same = await registry.FindSameAsync(model, fingerprint, cancellationToken);
        return
            same is not null && await artifacts.ReadAsync(same.ArtifactPath, same.Sha256, cancellationToken) is not null
            ? $"Same data and settings as version {same.Version}: nothing new to learn, no version is registered."
            : null;
    }

    /// <summary>Registers a version, unless there is one of the same bytes, and promotes it where it is better.</summary>
    /// <returns>What became of it, for the run's report.</returns>
    /// <exception cref="InvalidDataException">The version cannot be read back; nothing is registered.</exception>
    public async Task<string> RegisterAsync(
        NewVersion made,
        bool isBetter,
        string reason,
        CancellationToken cancellationToken
    )
    {
        if (await registry.FindSameBytesAsync(made, cancellationToken) is { } same)
        {
            return $"The same model as version {same}, byte for byte: no version is registered.";
        }

        RegisteredVersion version = await registry.RegisterAsync(made, cancellationToken);
        string? fault = isBetter ? await PromoteAsync(version, reason, cancellationToken) : null;
        await old.RemoveAsync(made.Model, cancellationToken);
        string outcome = fault is not null
            ? $"version {version.Version} is not promoted, since it cannot serve: {fault}."
            : $"version {version.Version}{(isBetter ? " is the champion: " : " is not promoted: ")}{reason}.";
        return string.Join(' ', new[] { outcome, made.Remark }.Concat(made.Notes).Where(text => text is not null));
    }

    /// <returns>Why the version cannot serve; null when it is promoted.</returns>
    private async Task<string?> PromoteAsync(
        RegisteredVersion version,
        string reason,
        CancellationToken cancellationToken
    )
    {
        AliasMove move = new(
            version.Model,
            ModelRegistry.Champion,
            version.Version,
            $"training run {version.RunId}",
            reason
        );
        return (await promotion.PromoteAsync(move, cancellationToken)).Fault;
    }
}
