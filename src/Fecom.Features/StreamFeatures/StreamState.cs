using Fecom.Contracts;
using Fecom.Platform.Messaging;
using Npgsql;

namespace Fecom.Features.StreamFeatures;

/// <summary>
/// The stream's state in this process. Only sessions are remembered, each written by the host of its visitor's partition;
/// products and categories are written by every host, and only PostgreSQL knows them.
/// </summary>
internal sealed class StreamState
{
    private const int MaxSessions = 131_072;

    private readonly SessionMemory _memory = new(MaxSessions);
    private readonly FeatureBatch _batch = new();

    /// <summary>Collects the session states that the messages build on: from memory, and what is not there from PostgreSQL.</summary>
    /// <param name="connection">Inside the batch's transaction.</param>
    /// <param name="commit">The messages.</param>
    /// <param name="locked">Keeps other hosts from writing what is read until the transaction ends.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<FeatureBatch> LoadAsync(
        NpgsqlConnection connection,
        SinkCommit<BehaviorEvent> commit,
        bool locked,
        CancellationToken cancellationToken
    )
    {
        _memory.Meet(commit.Versions);
        List<string> unknown = _batch.Begin(commit.Messages, _memory);
        if (unknown.Count > 0)
        {
            await SessionStates.LoadAsync(connection, unknown, _batch.Sessions, locked, cancellationToken);
        }

        return _batch;
    }

    /// <summary>Takes over what a batch has made of its sessions, once it is committed.</summary>
    /// <param name="batch">The batch; null when none of its messages was new.</param>
    /// <param name="versions">The partitions' versions since then.</param>
    public void Remember(FeatureBatch? batch, IReadOnlyDictionary<int, long> versions)
    {
        _memory.Remember(
            versions,
            batch?.Sessions.Select(session =>
                KeyValuePair.Create(session.Key, new KnownSession(session.Value.State!, session.Value.NextRevision))
            )
                ?? []
        );
    }

    /// <summary>Another host has written what this one remembers: everything is read again.</summary>
    public void Forget() => _memory.Forget();
}
