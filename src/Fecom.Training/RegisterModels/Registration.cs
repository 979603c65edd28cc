using Microsoft.Extensions.Options;

namespace Fecom.Training.RegisterModels;

/// <summary>The end of every training: its model goes into the registry and, where it passed its gates, into the champion's place or before a person.</summary>
internal sealed class Registration(
    ModelRegistry registry,
    ArtifactStore artifacts,
    Promotion promotion,
    VersionDecisions decisions,
    OldArtifacts old,
    IOptions<TrainingOptions> options
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
        if (same is null || await artifacts.ReadAsync(same.ArtifactPath, same.Sha256, cancellationToken) is null)
        {
            return null;
        }

        return await IsLeftAsync(same, cancellationToken)
            ? $"Same data and settings as version {same.Version}: {await PromoteAsync(same, "it passed its gates, and its run was cut off before it was promoted", cancellationToken)}"
            : $"Same data and settings as version {same.Version}: nothing new to learn, no version is registered.";
    }

    /// <summary>Registers a version, unless there is one of the same bytes (whose file is written again if it is gone), and promotes it, or lets it wait for approval, where it passed its gates.</summary>
    /// <returns>What became of it, for the run's report.</returns>
    /// <exception cref="InvalidDataException">The version cannot be read back; nothing is registered.</exception>
    public async Task<string> RegisterAsync(NewVersion made, CancellationToken cancellationToken)
    {
        if (await registry.FindSameBytesAsync(made, cancellationToken) is { } same)
        {
            string report = $"The same model as version {same.Version}, byte for byte: no version is registered.";
            if (await artifacts.ReadAsync(same.ArtifactPath, same.Sha256, cancellationToken) is not null)
            {
                return report;
            }

            await artifacts.WriteAsync(made.Model, same.Version, made.Artifact, cancellationToken);
            return $"{report} Its file was gone, or was not what was registered, and is written again.";
        }

        RegisteredVersion version = await registry.RegisterAsync(made, cancellationToken);
        string outcome = made.Verdict.IsPassed
            ? await PromoteAsync(version, made.Verdict.Reason, cancellationToken)
            : $"version {version.Version} is not promoted: {made.Verdict.Reason}.";
        await old.RemoveAsync(made.Model, cancellationToken);
        return string.Join(' ', new[] { outcome, made.Remark }.Concat(made.Notes).Where(text => text is not null));
    }

    /// <summary>Whether a version passed its gates and was left there: its run was cut off before it came to its alias.</summary>
    private async Task<bool> IsLeftAsync(RegisteredVersion version, CancellationToken cancellationToken) =>
        await decisions.FindAsync(version, cancellationToken) == Decisions.Waiting
        && !(
            options.Value.Approval
            && (await registry.FindAsync(version.Model, ModelRegistry.Challenger, cancellationToken))?.Version
                >= version.Version
        );

    /// <returns>What became of it.</returns>
    private async Task<string> PromoteAsync(
        RegisteredVersion version,
        string reason,
        CancellationToken cancellationToken
    )
    {
        AliasMove move = new(
            version.Model,
            options.Value.Approval ? ModelRegistry.Challenger : ModelRegistry.Champion,
            version.Version,
            $"training run {version.RunId}",
            reason
        );
        if ((await promotion.PromoteAsync(move, cancellationToken)).Fault is { } fault)
        {
            await decisions.RefuseAsync(version, fault, cancellationToken);
            return $"version {version.Version} is not promoted, since it cannot serve: {fault}.";
        }

        return options.Value.Approval
            ? $"version {version.Version} waits for approval as the challenger: {reason}. POST /api/v1/models/{version.Model}/aliases/champion with {{\"version\":{version.Version}}} approves it."
            : $"version {version.Version} is the champion: {reason}.";
    }
}
