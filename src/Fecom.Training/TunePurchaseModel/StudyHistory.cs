using Dapper;
using Fecom.Learning.Purchase;
using Fecom.Platform.Storage;
using Npgsql;

namespace Fecom.Training.TunePurchaseModel;

/// <summary>What people ask of studies.</summary>
internal sealed class StudyHistory(NpgsqlDataSource database)
{
    private const string Columns = """
        s.id, s.state, s.sampler, s.halving, s.seed, s.trials, s.max_seconds as MaxSeconds, s.requested_at as RequestedAt,
        s.started_at as StartedAt, s.ready_at as ReadyAt, s.finished_at as FinishedAt,
        extract(epoch from s.finished_at - s.started_at)::float8 as DurationSeconds, s.progress, s.error, s.row_count as Rows, s.rungs,
        s.data_fingerprint as DataFingerprint,
        (select count(*) from training.trial t where t.study_id = s.id)::int as TrialsBegun,
        (select count(*) from training.trial t where t.study_id = s.id and not exists (
            select from training.trial_rung r where r.study_id = s.id and r.number = t.number and r.state = 'running'))::int as TrialsEnded,
        s.best_trial as BestTrial, s.best_loss as BestLoss
        """;

    /// <summary>Studies, newest first.</summary>
    /// <param name="before">Below this number.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<IReadOnlyList<StudyAnswer>> ListAsync(long before, int limit, CancellationToken cancellationToken) =>
        database.QueryAsync<StudyAnswer>(
            $"select {Columns} from training.study s where s.id < @before order by s.id desc limit @limit",
            new { before, limit },
            cancellationToken
        );

    public Task<StudyAnswer?> FindAsync(long id, CancellationToken cancellationToken) =>
        database.FindAsync<StudyAnswer>(
            $"select {Columns} from training.study s where s.id = @id",
            new { id },
            cancellationToken
        );

    /// <summary>A study with its trials; null when there is none.</summary>
    public async Task<StudyDetails?> DetailsAsync(long id, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, cancellationToken) is not { } study)
        {
            return null;
        }

        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        await using SqlMapper.GridReader answer = await connection.QueryMultipleAsync(
            new CommandDefinition(
                """
                select number, parameters from training.trial where study_id = @id order by number;
                select number, rung, state, loss, trees, attempt, host, started_at as StartedAt, finished_at as FinishedAt, error
                from training.trial_rung where study_id = @id order by number, rung
                """,
                new { id },
                cancellationToken: cancellationToken
            )
        );
        IEnumerable<TrialRow> trials = await answer.ReadAsync<TrialRow>();
        ILookup<int, RungRow> rungs = (await answer.ReadAsync<RungRow>()).ToLookup(rung => rung.Number);
        StudyTrial[] answers =
        [
            .. trials.Select(trial => new StudyTrial(
                trial.Number,
                ByName(trial.Parameters),
                [.. rungs[trial.Number].Select(rung => rung.ToAnswer())]
            )),
        ];
        return new StudyDetails(
            study,
            Array.Find(answers, trial => trial.Number == study.BestTrial)?.Parameters,
            answers
        );
    }

    private static Dictionary<string, double> ByName(double[] parameters) =>
        PurchaseSearch
            .Space.Zip(parameters)
            .ToDictionary(pair => pair.First.Name, pair => pair.Second, StringComparer.Ordinal);

    private sealed record TrialRow
    {
        public int Number { get; init; }

        public double[] Parameters { get; init; } = [];
    }

    private sealed record RungRow
    {
        public int Number { get; init; }

        public int Rung { get; init; }

        public string State { get; init; } = "";

        public double? Loss { get; init; }

        public int? Trees { get; init; }

        public int Attempt { get; init; }

        public string Host { get; init; } = "";

        public DateTime StartedAt { get; init; }

        public DateTime? FinishedAt { get; init; }

        public string? Error { get; init; }

        public RungAnswer ToAnswer() => new(Rung, State, Loss, Trees, Attempt, Host, StartedAt, FinishedAt, Error);
    }
}
