using Fecom.Contracts;
using Fecom.Learning.Views;
using Fecom.Platform.Messaging;
using Fecom.Platform.Retention;
using Npgsql;

namespace Fecom.Features.StreamFeatures;

/// <summary>The stream's states in this process, and the tick that is under way: one at a time.</summary>
internal sealed class StreamState
{
    /// <summary>States remembered of a view: each takes some kilobytes at most, most far less.</summary>
    private const int Remembered = 65_536;

    /// <summary>
    /// Visits have the smallest states, and there are more of them at once than of anything else. One that was forgotten too early
    /// is read and unpacked again, which costs more than to remember it.
    /// </summary>
    private const int RememberedSessions = 2 * Remembered;

    /// <summary>Users of whom the stream takes nothing that happened before their deletion.</summary>
    public const string ForgottenTable = "features.forgotten_user";

    private ForgottenKeys? _forgotten;
    private readonly StateMemory[] _memories =
    [
        .. FeatureViews.All.Select(view => new StateMemory(
            ReferenceEquals(view, FeatureViews.Session) ? RememberedSessions : Remembered
        )),
    ];
    private readonly FeatureTick _tick = new();

    /// <summary>
    /// Steps the messages' entities: from memory, and what is not there from PostgreSQL. Messages of users who are forgotten are left out.
    /// </summary>
    /// <param name="connection">Inside the tick's transaction.</param>
    /// <param name="messages">The messages.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<FeatureTick> StepAsync(
        NpgsqlConnection connection,
        IReadOnlyList<TopicMessage<BehaviorEvent>> messages,
        CancellationToken cancellationToken
    )
    {
        List<string>[] unknown = _tick.Begin(messages, _memories);
        ForgottenKeys forgotten = await OfflineStates.LoadAsync(connection, unknown, _tick, cancellationToken);
        IReadOnlyList<TopicMessage<BehaviorEvent>> wanted = forgotten.Without(
            messages,
            message => message.Value.UserId,
            message => message.Value.EventTime
        );
        bool isNews = _forgotten is not null && !forgotten.IsSame(_forgotten);
        _forgotten = forgotten;
        if (isNews)
        {
            // The states of whoever was deleted are among those in memory.
            Forget();
        }

        if (isNews || !ReferenceEquals(wanted, messages))
        {
            await OfflineStates.LoadAsync(connection, _tick.Begin(wanted, _memories), _tick, cancellationToken);
        }

        _tick.Step();
        return _tick;
    }

    /// <summary>Takes over what the tick has made, once it is committed.</summary>
    public void Remember()
    {
        for (int view = 0; view < _memories.Length; view++)
        {
            _memories[view].Remember(_tick.Works(view).Values);
        }

        _tick.End();
    }

    /// <summary>Nothing was written of what was stepped: everything is read again.</summary>
    public void Forget()
    {
        Array.ForEach(_memories, memory => memory.Forget());
        _tick.End();
    }
}
