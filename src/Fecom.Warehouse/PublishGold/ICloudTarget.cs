using Npgsql;

namespace Fecom.Warehouse.PublishGold;

/// <summary>Where gold is published to. A batch is there as a whole or not at all; one that is published again changes nothing.</summary>
internal interface ICloudTarget
{
    /// <summary>Tells one target from another, without secrets. Gold goes whole to another one.</summary>
    string Identity { get; }

    /// <param name="batch">The batch.</param>
    /// <param name="tables">The tables of which it has something.</param>
    /// <param name="gold">A connection on which gold stands still.</param>
    /// <param name="report">Hears the table that comes next, and how many are done.</param>
    /// <param name="cancellationToken">Gives up; nothing of the batch is there then.</param>
    /// <returns>What was published; null when the target had the batch already.</returns>
    /// <exception cref="CloudTargetException">The target does not do what it is asked.</exception>
    /// <exception cref="CloudStartOverException">The target is not in the state in which the batch before left it.</exception>
    Task<CloudCounts?> PublishAsync(
        CloudBatch batch,
        IReadOnlyList<CloudTable> tables,
        NpgsqlConnection gold,
        Action<string, int> report,
        CancellationToken cancellationToken
    );

    /// <summary>Removes what the target needs of an old batch no more.</summary>
    Task ForgetAsync(Guid source, long batch, CancellationToken cancellationToken);
}

/// <summary>The cloud warehouse does not do what it is asked; the message says why, and what to look at.</summary>
internal sealed class CloudTargetException(string message, Exception? inner = null) : IOException(message, inner);

/// <summary>The target is not in the state in which the batch before left it, as after it was restored: gold has to go there whole.</summary>
/// <param name="newSource">Whether this database needs another name at the target.</param>
internal sealed class CloudStartOverException(bool newSource) : Exception("Gold has to go to the target whole.")
{
    public bool NewSource => newSource;
}
