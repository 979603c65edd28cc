using System.Globalization;
using Dapper;
using Fecom.Learning.Purchase;
using Fecom.Learning.Tuning;
using Fecom.Platform.Jobs;
using Fecom.Platform.Storage;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Training.TunePurchaseModel;

/// <summary>The trials of studies: who measures which, until when, and what came out.</summary>
/// <remarks>
/// Hosts look one after the other, each with the study's row locked, so that no two take the same and each sees what all before it have
/// decided. Leases go by PostgreSQL's clock, which they share.
/// </remarks>
internal sealed class TrialTable(NpgsqlDataSource database, IOptions<TrainingOptions> options)
{
    /// <summary>How often a trial whose host stopped in the middle is begun.</summary>
    private const int MaxAttempts = 3;

    /// <summary>The study whose trials are under way; null when there is none.</summary>
    public async Task<Study?> FindOpenAsync(CancellationToken cancellationToken) =>
        (await database.FindAsync<StudyRow>($"{Open} and ready_at is not null", null, cancellationToken))?.ToStudy();

    /// <summary>Takes the next trial of a study for this host, and ends the study when there is none any more.</summary>
    /// <returns>The trial; null when there is none to measure now.</returns>
    public Task<TrialClaim?> TakeAsync(long study, CancellationToken cancellationToken) =>
        LookAsync(study, take: true, cancellationToken);

    /// <summary>Whether a study has a trial that a host could take now. Ends the study when there is none any more.</summary>
    public async Task<bool> HasNextAsync(long study, CancellationToken cancellationToken) =>
        await LookAsync(study, take: false, cancellationToken) is not null;

    /// <summary>Renews the lease of a trial.</summary>
    /// <returns>Whether this host still has it, and the study is still wanted.</returns>
    public async Task<bool> RenewAsync(TrialClaim claim, CancellationToken cancellationToken) =>
        await database.ExecuteAsync(
            $"""
            update training.trial_rung set lease_until = clock_timestamp() + make_interval(secs => @lease)
            where {Own} and exists (select from training.study where id = @Study and state = 'running')
            """,
            Of(claim),
            cancellationToken
        ) > 0;

    /// <summary>Records what a trial came to.</summary>
    /// <returns>Whether it counts: another host may have taken the trial.</returns>
    public async Task<bool> CompleteAsync(
        TrialClaim claim,
        TrialOutcome outcome,
        CancellationToken cancellationToken
    ) =>
        await database.ExecuteAsync(
            $"""
            update training.trial_rung set state = 'completed', loss = @LogLoss, trees = @Trees, finished_at = clock_timestamp()
            where {Own}
            """,
            new
            {
                claim.Study,
                claim.Trial,
                claim.Rung,
                claim.Attempt,
                outcome.LogLoss,
                outcome.Trees,
            },
            cancellationToken
        ) > 0;

    /// <summary>Records that a trial cannot be measured. Not cancellable: the reason is kept even while the host stops.</summary>
    public Task FailAsync(TrialClaim claim, string reason) =>
        database.ExecuteAsync(
            $"update training.trial_rung set state = 'failed', error = @reason, finished_at = clock_timestamp() where {Own}",
            new
            {
                claim.Study,
                claim.Trial,
                claim.Rung,
                claim.Attempt,
                reason,
            },
            CancellationToken.None
        );

    /// <summary>Gives a trial back: the next host that looks takes it. It does not count as an attempt. Not cancellable, since the host stops.</summary>
    public Task GiveBackAsync(TrialClaim claim) =>
        database.ExecuteAsync(
            $"update training.trial_rung set attempt = attempt - 1, lease_until = clock_timestamp() where {Own}",
            Of(claim),
            CancellationToken.None
        );

    private const string Open = """
        select id, sampler, halving, seed, trials, max_seconds as MaxSeconds, rungs, data_path as DataPath, data_sha256 as DataSha256,
            ready_at + make_interval(secs => max_seconds) > clock_timestamp() as MayBegin
        from training.study where state = 'running'
        """;

    /// <summary>A rung that is this host's by the attempt.</summary>
    private const string Own =
        "study_id = @Study and number = @Trial and rung = @Rung and attempt = @Attempt and state = 'running'";

    private async Task<TrialClaim?> LookAsync(long study, bool take, CancellationToken cancellationToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        Look look = new(connection, transaction, study, options.Value.TrialLease, cancellationToken);
        StudyRow? row = await connection.QueryFirstOrDefaultAsync<StudyRow>(
            look.Command($"{Open} and id = @study and ready_at is not null for update")
        );
        if (row is null)
        {
            return null;
        }

        await GiveUpAsync(look);
        TrialClaim? claim = await LapsedAsync(look, take);
        if (claim is null)
        {
            IReadOnlyList<TriedParameters> tried = await TriedAsync(look);
            StudyStep next = row.ToStudy().Plan.Next(tried, row.MayBegin);
            claim = next is StudyStep.Measure step ? new(study, step.Trial, step.Rung, 1, step.Parameters) : null;
            if (claim is not null && take)
            {
                await BeginAsync(look, claim);
            }
            else if (next is StudyStep.End)
            {
                await EndAsync(look, row, tried);
            }
        }

        await transaction.CommitAsync(cancellationToken);
        return claim;
    }

    /// <summary>A trial that no host outlives is not begun for ever.</summary>
    private static Task GiveUpAsync(Look look) =>
        look.ExecuteAsync(
            """
            update training.trial_rung set state = 'failed', finished_at = clock_timestamp(),
                error = 'Its host stopped in the middle, ' || attempt || ' times.'
            where study_id = @Study and state = 'running' and lease_until <= clock_timestamp() and attempt >= @MaxAttempts
            """,
            new { look.Study, MaxAttempts }
        );

    /// <summary>A trial whose host has stopped, for this one.</summary>
    private static async Task<TrialClaim?> LapsedAsync(Look look, bool take)
    {
        LapsedRow? lapsed = await look.Connection.QueryFirstOrDefaultAsync<LapsedRow>(
            look.Command(
                """
                select r.number, r.rung, r.attempt, t.parameters from training.trial_rung r join training.trial t using (study_id, number)
                where study_id = @study and r.state = 'running' and r.lease_until <= clock_timestamp()
                order by r.number, r.rung limit 1
                """
            )
        );
        if (lapsed is null)
        {
            return null;
        }

        TrialClaim claim = new(look.Study, lapsed.Number, lapsed.Rung, lapsed.Attempt + 1, lapsed.Parameters);
        if (take)
        {
            await look.ExecuteAsync(
                """
                update training.trial_rung set attempt = @Attempt, host = @ThisHost, started_at = clock_timestamp(),
                    lease_until = clock_timestamp() + make_interval(secs => @Lease)
                where study_id = @Study and number = @Trial and rung = @Rung
                """,
                new
                {
                    claim.Study,
                    claim.Trial,
                    claim.Rung,
                    claim.Attempt,
                    look.Lease,
                    JobRun.ThisHost,
                }
            );
        }

        return claim;
    }

    private static Task BeginAsync(Look look, TrialClaim claim) =>
        look.ExecuteAsync(
            """
            insert into training.trial (study_id, number, parameters) values (@Study, @Trial, @parameters) on conflict do nothing;
            insert into training.trial_rung (study_id, number, rung, state, host, started_at, lease_until)
            values (@Study, @Trial, @Rung, 'running', @ThisHost, clock_timestamp(), clock_timestamp() + make_interval(secs => @Lease))
            """,
            new
            {
                claim.Study,
                claim.Trial,
                claim.Rung,
                parameters = claim.Parameters.ToArray(),
                look.Lease,
                JobRun.ThisHost,
            }
        );

    private static async Task EndAsync(Look look, StudyRow row, IReadOnlyList<TriedParameters> tried)
    {
        TriedParameters? best = StudyPlan.Best(tried);
        await look.ExecuteAsync(
            """
            update training.study set state = @state, finished_at = clock_timestamp(), best_trial = @trial, best_loss = @loss,
                error = @error, progress = @progress
            where id = @Study
            """,
            new
            {
                look.Study,
                state = best is null ? "failed" : "completed",
                trial = best?.Number,
                loss = best?.Rungs.Last(rung => rung.State == RungState.Completed).Loss,
                error = best is null ? $"No trial was measured within {row.MaxSeconds} s." : null,
                progress = best is null
                    ? null
                    : string.Create(
                        CultureInfo.InvariantCulture,
                        $"Trial {best.Number} of {tried.Count} is the best; the next training uses its parameters."
                    ),
            }
        );
    }

    private static async Task<IReadOnlyList<TriedParameters>> TriedAsync(Look look)
    {
        IEnumerable<TriedRow> rows = await look.Connection.QueryAsync<TriedRow>(
            look.Command(
                """
                select t.number, t.parameters, r.state, r.loss from training.trial t
                join training.trial_rung r using (study_id, number)
                where study_id = @study order by t.number, r.rung
                """
            )
        );
        return
        [
            .. rows.GroupBy(row => row.Number)
                .Select(trial => new TriedParameters(
                    trial.Key,
                    trial.First().Parameters,
                    [
                        .. trial.Select(row => new RungOutcome(
                            Enum.Parse<RungState>(row.State, true),
                            row.Loss ?? double.NaN
                        )),
                    ]
                )),
        ];
    }

    private object Of(TrialClaim claim) =>
        new
        {
            claim.Study,
            claim.Trial,
            claim.Rung,
            claim.Attempt,
            lease = options.Value.TrialLease.TotalSeconds,
        };

    /// <summary>One look at a study with its row locked.</summary>
    private sealed record Look(
        NpgsqlConnection Connection,
        NpgsqlTransaction Transaction,
        long Study,
        TimeSpan LeaseTime,
        CancellationToken CancellationToken
    )
    {
        public double Lease => LeaseTime.TotalSeconds;

        public CommandDefinition Command(string sql, object? parameters = null) =>
            new(sql, parameters ?? new { study = Study }, Transaction, cancellationToken: CancellationToken);

        public Task ExecuteAsync(string sql, object parameters) => Connection.ExecuteAsync(Command(sql, parameters));
    }

    private sealed record StudyRow
    {
        public long Id { get; init; }

        public string Sampler { get; init; } = "";

        public bool Halving { get; init; }

        public long Seed { get; init; }

        public int Trials { get; init; }

        public int MaxSeconds { get; init; }

        public int Rungs { get; init; }

        public string DataPath { get; init; } = "";

        public string DataSha256 { get; init; } = "";

        public bool MayBegin { get; init; }

        public Study ToStudy() =>
            new(
                Id,
                new StudyLimits(StudyLimits.SamplerOf(Sampler), Halving, Seed, Trials, MaxSeconds),
                Rungs,
                DataPath,
                DataSha256
            );
    }

    private sealed record LapsedRow
    {
        public int Number { get; init; }

        public int Rung { get; init; }

        public int Attempt { get; init; }

        public double[] Parameters { get; init; } = [];
    }

    private sealed record TriedRow
    {
        public int Number { get; init; }

        public double[] Parameters { get; init; } = [];

        public string State { get; init; } = "";

        public double? Loss { get; init; }
    }
}
