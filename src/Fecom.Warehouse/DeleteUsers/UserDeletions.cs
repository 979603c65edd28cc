using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Fecom.Platform.Retention;
using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Warehouse.DeleteUsers;

/// <summary>The SQL of <c>bronze.user_deletion</c>.</summary>
internal sealed class UserDeletions(NpgsqlDataSource database, TimeProvider time)
{
    private const string Columns = """
        id as "Id", user_id as "UserId", requested_at as "RequestedAt", started_at as "StartedAt", finished_at as "FinishedAt",
        sessions as "Sessions", deleted::text as "Deleted", failure as "Failure"
        """;

    private DateTime Now => time.GetUtcNow().UtcDateTime;

    /// <summary>Asks for a user's deletion; one that is under way serves this request too.</summary>
    public async Task<UserDeletion> RequestAsync(string userId, CancellationToken cancellationToken) =>
        (
            await database.ReadAsync<DeletionRow>(
                $"""
                insert into bronze.user_deletion (user_id, key, requested_at) values (@userId, @key, @Now)
                on conflict (key) where finished_at is null do update set key = excluded.key
                returning {Columns}
                """,
                new
                {
                    userId,
                    key = ForgottenKeys.Hash(userId),
                    Now,
                },
                cancellationToken
            )
        ).Deletion;

    /// <summary>A deletion; null when there is none of the number.</summary>
    public async Task<UserDeletion?> FindAsync(long id, CancellationToken cancellationToken) =>
        (
            await database.FindAsync<DeletionRow>(
                $"select {Columns} from bronze.user_deletion where id = @id",
                new { id },
                cancellationToken
            )
        )?.Deletion;

    /// <summary>The newest below a number.</summary>
    public async Task<IReadOnlyList<UserDeletion>> ListAsync(
        long below,
        int count,
        CancellationToken cancellationToken
    ) =>
        [
            .. (
                await database.QueryAsync<DeletionRow>(
                    $"select {Columns} from bronze.user_deletion where id < @below order by id desc limit @count",
                    new { below, count },
                    cancellationToken
                )
            ).Select(row => row.Deletion),
        ];

    /// <summary>What is still to be done, the oldest first.</summary>
    public Task<IReadOnlyList<OpenDeletion>> OpenAsync(CancellationToken cancellationToken) =>
        database.QueryAsync<OpenDeletion>(
            """
            select id as "Id", user_id as "UserId", requested_at as "RequestedAt" from bronze.user_deletion
            where finished_at is null order by id
            """,
            null,
            cancellationToken
        );

    /// <summary>Adds up what was deleted.</summary>
    public Task AddAsync(long id, IReadOnlyDictionary<string, long> deleted, CancellationToken cancellationToken) =>
        database.ExecuteAsync(AddSql, new { id, deleted = JsonSerializer.Serialize(deleted) }, cancellationToken);

    /// <summary>All is deleted, the name, the sessions and the orders with it.</summary>
    public Task FinishAsync(long id, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            """
            update bronze.user_deletion
            set finished_at = @Now, user_id = null, sessions = null, customers = null, orders = null, failure = null where id = @id
            """,
            new { id, Now },
            cancellationToken
        );

    /// <summary>An attempt failed; another one goes on.</summary>
    public Task FailAsync(long id, string failure, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            "update bronze.user_deletion set failure = @failure where id = @id",
            new { id, failure },
            cancellationToken
        );

    /// <summary>Adds the counts of <c>@deleted</c> to those of the deletion <c>@id</c>.</summary>
    internal const string AddSql = """
        update bronze.user_deletion d
        set deleted = d.deleted || (
            select coalesce(jsonb_object_agg(n.key, n.value::bigint + coalesce((d.deleted ->> n.key)::bigint, 0)), '{}')
            from jsonb_each_text(@deleted::jsonb) n)
        where id = @id
        """;

    private sealed record DeletionRow
    {
        public required long Id { get; init; }

        public string? UserId { get; init; }

        public required DateTime RequestedAt { get; init; }

        public DateTime? StartedAt { get; init; }

        public DateTime? FinishedAt { get; init; }

        public string[]? Sessions { get; init; }

        public required string Deleted { get; init; }

        public string? Failure { get; init; }

        public UserDeletion Deletion =>
            new()
            {
                Id = Id,
                UserId = UserId,
                State =
                    FinishedAt is not null ? "completed"
                    : Failure is not null ? "failed"
                    : StartedAt is not null ? "running"
                    : "waiting",
                RequestedAt = RequestedAt,
                StartedAt = StartedAt,
                FinishedAt = FinishedAt,
                Deleted =
                [
                    .. JsonSerializer
                        .Deserialize<SortedDictionary<string, long>>(Deleted)!
                        .Select(store => new DeletedRecords(store.Key, store.Value)),
                ],
                Failure = Failure,
            };
    }
}

/// <summary>A deletion that is to be done.</summary>
internal sealed record OpenDeletion
{
    public required long Id { get; init; }

    public required string UserId { get; init; }

    /// <summary>What happened up to then goes, UTC.</summary>
    public required DateTime RequestedAt { get; init; }
}

/// <summary>The deletion of a user.</summary>
internal sealed record UserDeletion
{
    /// <summary>Its number.</summary>
    public required long Id { get; init; }

    /// <summary>The user; null once all is deleted.</summary>
    public string? UserId { get; init; }

    /// <summary>How far it is; one that failed is tried again by itself.</summary>
    [AllowedValues("waiting", "running", "completed", "failed")]
    public required string State { get; init; }

    /// <summary>When it was asked for, UTC: what the user did up to then is deleted, and is not taken again should it come once more.</summary>
    public required DateTime RequestedAt { get; init; }

    /// <summary>When it began, UTC; null until then.</summary>
    public DateTime? StartedAt { get; init; }

    /// <summary>When all was deleted, UTC; null until then.</summary>
    public DateTime? FinishedAt { get; init; }

    /// <summary>What was deleted so far, by store.</summary>
    public required IReadOnlyList<DeletedRecords> Deleted { get; init; }

    /// <summary>Why the last attempt failed; null when it did not.</summary>
    public string? Failure { get; init; }
}

/// <summary>What was deleted from a store.</summary>
/// <param name="Store">A table such as <c>bronze.event</c>, or <c>lake</c>, <c>features</c>, <c>redis</c>, <c>predictions</c>, <c>invalid_events</c>, <c>order_tables</c>, <c>dead_letters</c>.</param>
/// <param name="Records">How many rows, events or keys.</param>
internal sealed record DeletedRecords(string Store, long Records);
