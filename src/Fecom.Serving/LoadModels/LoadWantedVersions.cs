using Fecom.Platform.Messaging;
using Fecom.Platform.Services;
using Microsoft.Extensions.Logging;

namespace Fecom.Serving.LoadModels;

/// <summary>Has versions answer beside the champion.</summary>
internal interface IVersionUser
{
    /// <summary>The versions that it needs now.</summary>
    IEnumerable<WantedVersion> Wanted { get; }
}

/// <summary>
/// Loads the versions that are to answer beside the champions, and lets go of those that are not any more. One that cannot be loaded
/// is tried again later; until then the champion answers in its place, and health says so.
/// </summary>
internal sealed partial class LoadWantedVersions(
    Supervision supervision,
    IEnumerable<IVersionUser> users,
    IEnumerable<IModelSlot> slots,
    KnownVersions known,
    ArtifactFiles artifacts,
    TimeProvider time,
    ILogger<LoadWantedVersions> logger
) : SupervisedService(supervision, "the models beside the champions")
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(30);

    private readonly Dictionary<WantedVersion, DateTimeOffset> _failed = [];

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Interval, time);
        do
        {
            HashSet<WantedVersion> wanted = [.. users.SelectMany(user => user.Wanted)];
            foreach (IModelSlot slot in slots)
            {
                slot.Keep(wanted.Where(one => one.Model == slot.Name).Select(one => one.Version).ToHashSet());
                await LoadAsync(slot, wanted.Where(one => one.Model == slot.Name), stoppingToken);
            }
        } while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task LoadAsync(
        IModelSlot slot,
        IEnumerable<WantedVersion> wanted,
        CancellationToken cancellationToken
    )
    {
        foreach (WantedVersion one in wanted.Where(one => !slot.Has(one.Version)))
        {
            if (_failed.TryGetValue(one, out DateTimeOffset at) && time.GetUtcNow() - at < RetryAfter)
            {
                continue;
            }

            try
            {
                KnownVersion version =
                    await known.FindAsync(one.Model, one.Version, cancellationToken)
                    ?? throw new InvalidDataException("It was never announced.");
                slot.Add(version, await artifacts.ReadAsync(version.ArtifactPath, version.Sha256, cancellationToken));
                _failed.Remove(one);
                LogLoaded(one.Model, one.Version);
            }
            catch (Exception e) when (e is not OperationCanceledException && !Outage.Is(e))
            {
                _failed[one] = time.GetUtcNow();
                slot.Refuse(one.Version, e.Message);
                LogRefused(one.Model, one.Version, e.Message);
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "Model {Model} version {Version} can answer beside the champion")]
    private partial void LogLoaded(string model, int version);

    [LoggerMessage(
        LogLevel.Error,
        "Model {Model} version {Version} cannot be loaded, so the champion answers in its place: {Reason}"
    )]
    private partial void LogRefused(string model, int version, string reason);
}
