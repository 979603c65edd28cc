using System.Text.Json;
using Fecom.Learning.Views;
using Fecom.Platform.Messaging;
using Npgsql;
using NpgsqlTypes;

namespace Fecom.Features.StreamFeatures;

/// <summary>
/// SQL of <c>features.session_state</c>. A state is JSON: the values in the order of the view's fields. A session whose events
/// carry two visitors has them in two partitions, perhaps on two hosts: a write takes effect only on the very row that its
/// state was stepped from, told by the row's revision.
/// </summary>
internal static class SessionStates
{
    public static async Task LoadAsync(
        NpgsqlConnection connection,
        IReadOnlyCollection<string> ids,
        IReadOnlyDictionary<string, SessionWork> into,
        bool locked,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlCommand command = new(
            locked
                ? """
                select user_session, revision, state from features.session_state where user_session = any($1)
                order by user_session collate "C" for update
                """
                : "select user_session, revision, state from features.session_state where user_session = any($1)",
            connection
        )
        {
            Parameters = { new() { Value = ids.ToArray() } },
        };
        await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            SessionWork work = into[reader.GetString(0)];
            work.Revision = reader.GetInt64(1);
            work.State = SessionState.FromValues(JsonSerializer.Deserialize<string[]>(reader.GetString(2)));
        }
    }

    /// <summary>Writes the sessions; fewer rows than sessions are affected when another host has written one of them.</summary>
    /// <param name="sessions">In ascending order of their ids.</param>
    /// <param name="packed">The states as the online store has them, in the same order.</param>
    /// <param name="versions">The partitions' versions.</param>
    /// <param name="now">The time of writing, UTC.</param>
    public static NpgsqlBatchCommand Write(
        KeyValuePair<string, SessionWork>[] sessions,
        string[] packed,
        IReadOnlyDictionary<int, long> versions,
        DateTime now
    ) =>
        new(
            $"""
            insert into features.session_state as s (user_session, partition, version, revision, updated_at, state)
            select i, p, v, r, $5, substr(j, {PackedFeatures.PrefixLength
                + 1})::json from unnest($1, $2, $3, $4, $6) as t (i, p, v, r, j)
            on conflict (user_session) do update
            set partition = excluded.partition, version = excluded.version, revision = excluded.revision,
                updated_at = excluded.updated_at, state = excluded.state
            where s.revision = excluded.revision - 1
            """
        )
        {
            Parameters =
            {
                new() { Value = Array.ConvertAll(sessions, session => session.Key) },
                new() { Value = Array.ConvertAll(sessions, session => session.Value.Partition) },
                new() { Value = Array.ConvertAll(sessions, session => versions[session.Value.Partition]) },
                new() { Value = Array.ConvertAll(sessions, session => session.Value.NextRevision) },
                new() { Value = now, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                new() { Value = packed },
            },
        };

    /// <exception cref="SinkConflictException">Another host has written one of the sessions.</exception>
    public static void Check(NpgsqlBatchCommand written, int sessions)
    {
        if (written.RecordsAffected != sessions)
        {
            throw new SinkConflictException(
                $"Another host has written {sessions - written.RecordsAffected} of {sessions} sessions; reading them again."
            );
        }
    }

    /// <summary>The rows of a partition since a version.</summary>
    public static NpgsqlBatchCommand Changed(int partition, long since, DateTime now) =>
        new(
            "select user_session, state, revision from features.session_state where partition = $1 and version > $2 and updated_at > $3"
        )
        {
            Parameters =
            {
                new() { Value = partition },
                new() { Value = since },
                new() { Value = now - SessionView.View.TimeToLive },
            },
        };

    /// <summary>The rows that come after an id, in the order of the ids; last whether the row lives online and has for a while.</summary>
    public static NpgsqlBatchCommand After(string id, int count, DateTime now, DateTime settled) =>
        new(
            """
            select user_session, state, revision, updated_at > $2 and updated_at < $3
            from features.session_state where user_session > $1 order by user_session limit $4
            """
        )
        {
            Parameters =
            {
                new() { Value = id },
                new() { Value = now - SessionView.View.TimeToLive },
                new() { Value = settled },
                new() { Value = count },
            },
        };

    /// <summary>A row of <see cref="Changed"/> or <see cref="After"/>.</summary>
    public static FeatureState Read(NpgsqlDataReader reader) =>
        FeatureState.OfSession(reader.GetString(0), PackedFeatures.Pack(reader.GetInt64(2), reader.GetString(1)));
}
