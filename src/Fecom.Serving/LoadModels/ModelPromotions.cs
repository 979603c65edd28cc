using Fecom.Contracts;
using Microsoft.Extensions.Logging;

namespace Fecom.Serving.LoadModels;

/// <summary>Follows promotions. Called by the start and after it by the topic's one consumer, never by both at once.</summary>
internal sealed partial class ModelPromotions(
    IEnumerable<IModelSlot> slots,
    ArtifactFiles artifacts,
    RememberedModels remembered,
    IAnswerRehearsal rehearsal,
    ILogger<ModelPromotions> logger
)
{
    /// <summary>The alias of the versions that serve.</summary>
    public const string Champion = "champion";

    /// <summary>The alias of the versions that are tried beside them.</summary>
    public const string Challenger = "challenger";

    /// <summary>Loads the models that were stored at the last promotion.</summary>
    public async Task RestoreAsync(CancellationToken cancellationToken)
    {
        foreach (ModelPromoted promoted in await remembered.ReadAsync(cancellationToken))
        {
            if (SlotOf(promoted) is { } slot)
            {
                slot.Promotion = promoted.Promotion;
                await TryLoadAsync(slot, promoted, cancellationToken);
            }
        }
    }

    /// <summary>
    /// Loads a promoted champion, lets it serve, stores it and rehearses answers with it. One that cannot be loaded leaves the former
    /// model in place; a promotion that is older than another one is ignored.
    /// </summary>
    public async Task FollowAsync(ModelPromoted promoted, CancellationToken cancellationToken)
    {
        if (SlotOf(promoted) is not { } slot || promoted.Promotion < slot.Promotion)
        {
            return;
        }

        slot.Promotion = promoted.Promotion;
        bool isNew = !slot.Serves(promoted);
        if (isNew && !await TryLoadAsync(slot, promoted, cancellationToken))
        {
            return;
        }

        slot.Refused = null;
        slot.State = new ModelState(promoted.Notes, promoted.IsDegraded);
        await remembered.RememberAsync(promoted, cancellationToken);
        if (isNew)
        {
            await rehearsal.RunAsync(cancellationToken);
        }
    }

    private IModelSlot? SlotOf(ModelPromoted promoted) =>
        promoted.Alias == Champion ? slots.FirstOrDefault(slot => slot.Name == promoted.Model) : null;

    /// <summary>Any failure to load an artifact is tolerated: the former model goes on serving, and health shows the reason.</summary>
    private async Task<bool> TryLoadAsync(IModelSlot slot, ModelPromoted promoted, CancellationToken cancellationToken)
    {
        try
        {
            slot.Swap(promoted, await artifacts.ReadAsync(promoted.ArtifactPath, promoted.Sha256, cancellationToken));
            slot.Refused = null;
            LogServes(slot.Name, promoted.Version);
            return true;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Refuse(slot, promoted, e.Message);
            return false;
        }
    }

    /// <summary>A promotion is announced repeatedly; its refusal is logged once.</summary>
    private void Refuse(IModelSlot slot, ModelPromoted promoted, string reason)
    {
        RefusedModel refused = new(promoted.Version, promoted.Sha256, reason);
        if (slot.Refused != refused)
        {
            slot.Refused = refused;
            LogRefused(slot.Name, promoted.Version, slot.Version, reason);
        }
    }

    [LoggerMessage(LogLevel.Information, "Model {Model} version {Version} serves")]
    private partial void LogServes(string model, int version);

    [LoggerMessage(
        LogLevel.Error,
        "Model {Model} version {Version} cannot be loaded, version {Serving} serves on: {Reason}"
    )]
    private partial void LogRefused(string model, int version, int? serving, string reason);
}
