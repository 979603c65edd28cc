namespace Fecom.Training.TellPromotions;

/// <summary>The body that is posted to the webhook.</summary>
/// <param name="Id">The change's number; a repeated post has the same one.</param>
/// <param name="Event">What kind: <c>alias_moved</c>.</param>
/// <param name="Model">The model.</param>
/// <param name="Alias"><c>champion</c>, <c>challenger</c>, or another one.</param>
/// <param name="Version">What it stands for now.</param>
/// <param name="FormerVersion">What it stood for before; null when it was new.</param>
/// <param name="MovedAt">When, UTC.</param>
/// <param name="MovedBy">Who or what moved it: a training run, or a caller of the API.</param>
/// <param name="Reason">Why.</param>
/// <param name="IsRollback">Whether it went back to a former version by a rollback.</param>
internal sealed record AliasMoved(
    long Id,
    string Event,
    string Model,
    string Alias,
    int Version,
    int? FormerVersion,
    DateTime MovedAt,
    string? MovedBy,
    string Reason,
    bool IsRollback
);
