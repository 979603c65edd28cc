namespace Fecom.Training.RegisterModels;

/// <summary>Reads a version back from the store as serving does, and asks it once: what cannot answer is not promoted.</summary>
internal sealed class TrialAnswer(ArtifactStore artifacts)
{
    /// <returns>Why the version cannot serve; null when it can.</returns>
    /// <exception cref="IOException">The store does not answer: that is no fault of the version.</exception>
    public async Task<string?> FaultOfAsync(RegisteredVersion version, CancellationToken cancellationToken)
    {
        if (await artifacts.ReadAsync(version.ArtifactPath, version.Sha256, cancellationToken) is not { } artifact)
        {
            return $"{version.ArtifactPath} is gone, or its SHA-256 is not what was registered";
        }

        try
        {
            TrainingJobs.Models.FirstOrDefault(trained => trained.Model == version.Model)?.Ask(artifact);
            return null;
        }
        catch (Exception e)
        {
            // Whatever a reader throws would stop it from serving.
            return e.Message;
        }
    }
}
