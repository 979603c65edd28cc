namespace Fecom.Contracts;

/// <summary>What a module keeps of users, for a deletion of one of them to reach it.</summary>
public interface IUserRecords
{
    /// <summary>Deletes what there is of a user. What is gone already is no fault: a deletion that was cut off is done again.</summary>
    /// <returns>Of each store, by its name, how many records were deleted.</returns>
    Task<IReadOnlyDictionary<string, long>> DeleteAsync(DeletedUser user, CancellationToken cancellationToken);
}

/// <summary>A user who is to be deleted.</summary>
/// <param name="UserId">The user.</param>
/// <param name="Until">What happened up to then goes, UTC; what happens later is a new beginning.</param>
/// <param name="Sessions">Their sessions.</param>
public sealed record DeletedUser(string UserId, DateTime Until, IReadOnlyCollection<string> Sessions);
