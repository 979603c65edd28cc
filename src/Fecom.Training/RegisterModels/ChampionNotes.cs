using System.Globalization;
using Dapper;
using Fecom.Learning;
using Fecom.Training.ReadSessions;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Training.RegisterModels;

/// <summary>Warnings about a champion that have come up since its promotion: it is stale, trainings fail, newer versions were refused, the shop has events of its own by now.</summary>
internal sealed class ChampionNotes(NpgsqlDataSource database, IOptions<TrainingOptions> options, TimeProvider time)
{
    public async Task<(IReadOnlyList<string> Notes, bool IsDegraded)> ReadAsync(
        PromotedVersion champion,
        CancellationToken cancellationToken
    )
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(cancellationToken);
        History history = await connection.QuerySingleAsync<History>(
            new CommandDefinition(
                """
                select
                    (select max(r.finished_at) from training.run r where r.job = own.job and r.state = 'completed') as LastSuccess,
                    last.state = 'failed' as HasFailed, last.finished_at as FinishedAt, last.error as Error,
                    newest.version as NewestVersion, newest.progress as NewestReport,
                    exists (select from training.run_metric m where m.run_id = own.id and m.name = @sample and m.value > 0)
                        and (select count(*) from (select from bronze.validated_event where not sample limit @enough) e) >= @enough as IsSampleDue
                from training.model_version v
                join training.run own on own.id = v.run_id
                left join lateral (
                    select state, finished_at, error from training.run r
                    where r.job = own.job and r.finished_at is not null order by r.id desc limit 1
                ) last on true
                left join lateral (
                    select n.version, r.progress
                    from training.model_version n join training.run r on r.id = n.run_id
                    where n.model = v.model and n.version > v.version
                        and not exists (select from training.alias_change c where c.model = n.model and c.version = n.version and c.alias = @champion)
                    order by n.version desc limit 1
                ) newest on true
                where v.model = @Model and v.version = @Version
                """,
                new
                {
                    champion.Model,
                    champion.Version,
                    champion = ModelRegistry.Champion,
                    sample = ReadProgress.SampleMetric,
                    enough = SampleShare.EnoughOwnEvents,
                },
                cancellationToken: cancellationToken
            )
        );
        return Of(champion, history, time.GetUtcNow().UtcDateTime, options.Value.StaleAfter);
    }

    internal static (IReadOnlyList<string> Notes, bool IsDegraded) Of(
        PromotedVersion champion,
        History history,
        DateTime now,
        TimeSpan staleAfter
    )
    {
        List<string> notes = [.. champion.Notes];
        bool isStale = now - (history.LastSuccess ?? champion.PromotedAt) > staleAfter;
        if (isStale)
        {
            notes.Add(
                Invariant(
                    $"No training has succeeded since {history.LastSuccess ?? champion.PromotedAt:yyyy-MM-dd HH:mm} UTC."
                )
            );
        }

        if (history.HasFailed == true)
        {
            notes.Add(
                Invariant($"The last training failed at {history.FinishedAt:yyyy-MM-dd HH:mm} UTC: {history.Error}")
            );
        }

        if (history.NewestVersion is { } newest)
        {
            notes.Add($"Newer: {history.NewestReport ?? Invariant($"version {newest} is not promoted.")}");
        }

        if (history.IsSampleDue)
        {
            notes.Add("The shop has enough events of its own by now: the next training leaves the sample out.");
        }

        return (notes, champion.IsDegraded || isStale || history.IsSampleDue);
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>What came after a champion.</summary>
    internal sealed record History
    {
        /// <summary>When a training of the model last succeeded, UTC.</summary>
        public DateTime? LastSuccess { get; init; }

        /// <summary>Whether the last training failed.</summary>
        public bool? HasFailed { get; init; }

        /// <summary>When the last training ended, UTC.</summary>
        public DateTime? FinishedAt { get; init; }

        /// <summary>Why the last training failed.</summary>
        public string? Error { get; init; }

        /// <summary>The newest version that never was the champion, where it is newer than the champion.</summary>
        public int? NewestVersion { get; init; }

        /// <summary>Whether the champion learned from the sample although the shop has enough events of its own by now.</summary>
        public bool IsSampleDue { get; init; }

        /// <summary>What its run said of it.</summary>
        public string? NewestReport { get; init; }
    }
}
