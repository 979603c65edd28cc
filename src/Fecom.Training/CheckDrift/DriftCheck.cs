using Fecom.Learning.Purchase;
using Fecom.Platform.Storage;
using Fecom.Training.RegisterModels;
using Fecom.Training.WatchModels;
using Npgsql;

namespace Fecom.Training.CheckDrift;

/// <summary>Compares served features with the profile that a version's training has recorded.</summary>
internal sealed class DriftCheck(NpgsqlDataSource database)
{
    /// <summary>The profile of what a version learned from; null for a version from before profiles were kept.</summary>
    public async Task<IReadOnlyList<FeatureProfile>?> ProfileAsync(
        RegisteredVersion version,
        CancellationToken cancellationToken
    ) =>
        await database.FindAsync<string>(
            "select feature_profile::text from training.run where id = @RunId",
            new { version.RunId },
            cancellationToken
        )
            is { } profile
            ? WatchReports.FromJson<FeatureProfile[]>(profile)
            : null;

    /// <summary>Compares; those that have moved furthest come first.</summary>
    /// <param name="profiles">Of the training set.</param>
    /// <param name="served">At least one.</param>
    /// <param name="ignored">Names of features that are not judged.</param>
    public static IReadOnlyList<DriftedFeature> Compare(
        IReadOnlyList<FeatureProfile> profiles,
        IReadOnlyList<PurchaseFeatures> served,
        IReadOnlyCollection<string> ignored
    ) =>
        [
            .. profiles
                .Where(profile => PurchaseFeatures.PlaceOfFeature(profile.Feature) >= 0)
                .Select(profile =>
                {
                    IReadOnlyList<double> shares = profile.SharesOf(served);
                    return new DriftedFeature(
                        profile.Feature,
                        profile.StabilityIndexOf(shares),
                        !ignored.Contains(profile.Feature),
                        shares[0],
                        profile.MissingShare,
                        profile.Edges,
                        profile.Categories,
                        shares,
                        profile.Shares
                    );
                })
                .OrderByDescending(feature => feature.StabilityIndex),
        ];
}
