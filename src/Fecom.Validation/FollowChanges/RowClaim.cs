namespace Fecom.Validation.FollowChanges;

/// <summary>A change with the identity of its row.</summary>
/// <param name="Message">Its index in the batch.</param>
/// <param name="Row">The row: see <see cref="RowIdentity"/>.</param>
/// <param name="Source">Hash of the name of the source that the change came from.</param>
/// <param name="Position">Its place in the source.</param>
/// <param name="Refused">Whether the row is no valid event.</param>
/// <param name="IsResent">Whether it is the resend of a refused row, which is not skipped as a repeat while the row is refused.</param>
internal readonly record struct RowClaim(
    int Message,
    Guid Row,
    ulong Source,
    long Position,
    bool Refused,
    bool IsResent
);
