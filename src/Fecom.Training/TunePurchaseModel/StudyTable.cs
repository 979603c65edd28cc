using Fecom.Learning.Purchase;
using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Training.TunePurchaseModel;

/// <summary>Studies, from the request to the end.</summary>
internal sealed class StudyTable(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>Asks for a study.</summary>
    /// <returns>Its number; null when one is under way.</returns>
    public Task<long?> RequestAsync(StudyLimits limits, CancellationToken cancellationToken) =>
        database.FindAsync<long?>(
            """
            insert into training.study (state, sampler, halving, seed, trials, max_seconds, requested_at)
            values ('waiting', @SamplerName, @Halving, @Seed, @Trials, @MaxSeconds, @now)
            on conflict do nothing returning id
            """,
            new
            {
                limits.SamplerName,
                limits.Halving,
                limits.Seed,
                limits.Trials,
                limits.MaxSeconds,
                now = Now,
            },
            cancellationToken
        );

    /// <summary>The study that waits for its rows, or whose rows were being read when a host stopped; null when there is none.</summary>
    public Task<long?> FindUnpreparedAsync(CancellationToken cancellationToken) =>
        database.FindAsync<long?>(
            "select id from training.study where state in ('waiting', 'running') and ready_at is null",
            null,
            cancellationToken
        );

    /// <summary>The study that is under way, whatever it does; null when there is none.</summary>
    public Task<long?> FindUnderWayAsync(CancellationToken cancellationToken) =>
        database.FindAsync<long?>(
            "select id from training.study where state in ('waiting', 'running')",
            null,
            cancellationToken
        );

    /// <summary>A study begins to read its rows.</summary>
    /// <returns>Whether it is still wanted.</returns>
    public async Task<bool> BeginAsync(long study, CancellationToken cancellationToken) =>
        await database.ExecuteAsync(
            "update training.study set state = 'running', started_at = @now where id = @study and state in ('waiting', 'running')",
            new { study, now = Now },
            cancellationToken
        ) > 0;

    public Task ReportAsync(long study, string progress, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            "update training.study set progress = @progress where id = @study",
            new { study, progress },
            cancellationToken
        );

    /// <summary>Where the rows will lie: known before they are written, so that a host that is killed in between leaves none behind.</summary>
    public Task AnnounceDataAsync(long study, string path, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            "update training.study set data_path = @path where id = @study",
            new { study, path },
            cancellationToken
        );

    /// <summary>The rows are there: trials may begin.</summary>
    /// <returns>Whether it is still wanted.</returns>
    public async Task<bool> ReadyAsync(long study, StudyRows rows, CancellationToken cancellationToken) =>
        await database.ExecuteAsync(
            """
            update training.study set ready_at = clock_timestamp(), data_sha256 = @Sha256, data_fingerprint = @Fingerprint,
                row_count = @Rows, rungs = case when halving then @rungs else 1 end, progress = 'Its trials are under way.'
            where id = @study and state = 'running'
            """,
            new
            {
                study,
                rows.Sha256,
                rows.Fingerprint,
                rows.Rows,
                rungs = PurchaseSearch.RungsFor(rows.Rows),
            },
            cancellationToken
        ) > 0;

    /// <summary>A study fails, with everything that it has under way. Not cancellable: the reason is kept even while the host stops.</summary>
    public Task FailAsync(long study, string reason) =>
        database.ExecuteAsync(
            "update training.study set state = 'failed', error = @reason, finished_at = @now where id = @study and state in ('waiting', 'running')",
            new
            {
                study,
                reason,
                now = Now,
            },
            CancellationToken.None
        );

    /// <summary>Ends a study without a result.</summary>
    /// <returns>Whether it was under way.</returns>
    public async Task<bool> CancelAsync(long study, string by, CancellationToken cancellationToken) =>
        await database.ExecuteAsync(
            """
            update training.study set state = 'cancelled', finished_at = @now, progress = 'Cancelled by ' || @by || '.'
            where id = @study and state in ('waiting', 'running')
            """,
            new
            {
                study,
                by,
                now = Now,
            },
            cancellationToken
        ) > 0;

    /// <summary>The best parameters of the newest study that was completed; null when there is none.</summary>
    public async Task<TunedParameters?> FindBestAsync(CancellationToken cancellationToken)
    {
        BestRow? best = await database.FindAsync<BestRow>(
            """
            select s.id as Study, t.parameters from training.study s
            join training.trial t on t.study_id = s.id and t.number = s.best_trial
            where s.state = 'completed' order by s.id desc limit 1
            """,
            null,
            cancellationToken
        );
        return best?.Parameters.Length == PurchaseSearch.Space.Count
            ? new TunedParameters(best.Study, best.Parameters)
            : null;
    }

    /// <summary>Files of studies that have ended.</summary>
    public Task<IReadOnlyList<(long Study, string Path)>> LeftFilesAsync(CancellationToken cancellationToken) =>
        database.QueryAsync<(long Study, string Path)>(
            "select id, data_path from training.study where data_path is not null and state not in ('waiting', 'running')",
            null,
            cancellationToken
        );

    public Task ForgetFileAsync(long study, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            "update training.study set data_path = null where id = @study",
            new { study },
            cancellationToken
        );

    private DateTime Now => time.GetUtcNow().UtcDateTime;

    private sealed record BestRow
    {
        public long Study { get; init; }

        public double[] Parameters { get; init; } = [];
    }
}

/// <summary>The rows of a study, as they were stored.</summary>
/// <param name="Sha256">Of the file.</param>
/// <param name="Fingerprint">Hash over the events that they were made of.</param>
/// <param name="Rows">Rows that a trial learns from in its largest time split.</param>
internal sealed record StudyRows(string Sha256, string Fingerprint, int Rows);
