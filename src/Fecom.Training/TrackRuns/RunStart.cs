using System.Reflection;
using Fecom.Learning.Purchase;

namespace Fecom.Training.TrackRuns;

/// <summary>What a training begins with: with the data it determines the model.</summary>
/// <param name="Parameters">The settings, by name.</param>
/// <param name="Seed">Seed of every random choice; null where nothing is left to chance.</param>
internal sealed record RunStart(IReadOnlyDictionary<string, object> Parameters, long? Seed)
{
    /// <summary>The release that trains: its version with the commit where the build knew it, and the identity of the compiled code that learns.</summary>
    public static string CodeVersion { get; } = Describe(typeof(PurchaseModel).Assembly);

    private static string Describe(Assembly learning)
    {
        string version =
            learning.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
        return $"{version}, build {learning.ManifestModule.ModuleVersionId:N}";
    }
}
