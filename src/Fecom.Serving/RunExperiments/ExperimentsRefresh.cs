using Fecom.Learning.Merchandising;
using Fecom.Serving.SetRules;

namespace Fecom.Serving.RunExperiments;

/// <summary>Brings the experiments in memory to what PostgreSQL has.</summary>
internal sealed class ExperimentsRefresh(
    Experiments experiments,
    ExperimentTable table,
    RuleSetTable rules,
    TimeProvider time
) : IDisposable
{
    /// <summary>How long what the guard has changed is told of.</summary>
    public static readonly TimeSpan Told = TimeSpan.FromDays(1);

    private const int MaxRunning = 100;

    private readonly SemaphoreSlim _turn = new(1);
    private long _change = -1;

    /// <summary>Reads what is new.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            long newest = await table.NewestChangeAsync(cancellationToken);
            if (newest == _change)
            {
                return;
            }

            List<RunningExperiment> running = [];
            foreach (
                (_, ExperimentVersion version) in await table.ListAsync(
                    "running",
                    long.MaxValue,
                    MaxRunning,
                    cancellationToken
                )
            )
            {
                running.Add(new RunningExperiment(version, await RulesAsync(version.Definition, cancellationToken)));
            }

            experiments.Running = running;
            experiments.Exist = newest > 0;
            experiments.Guarded = await table.GuardedAsync(time.GetUtcNow().UtcDateTime - Told, cancellationToken);
            _change = newest;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private async Task<IReadOnlyDictionary<int, MerchandisingRules>> RulesAsync(
        ExperimentBody body,
        CancellationToken cancellationToken
    )
    {
        Dictionary<int, MerchandisingRules> found = [];
        foreach (int number in body.Variants!.Select(one => one!.RulesVersion).OfType<int>().Distinct())
        {
            found[number] =
                number == 0
                    ? MerchandisingRules.None
                    : RuleSetChecks.ToRules((await rules.FindAsync(number, cancellationToken))!);
        }

        return found;
    }
}
