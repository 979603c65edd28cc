namespace Fecom.Learning.Tuning;

/// <summary>
/// A search for good parameters: which trial is measured next, and how well (asynchronous successive halving: Li and others, 2020).
/// Every trial is measured cheaply on the lowest rung; the best of a rung come to the next one, as soon as they are known to
/// be among the best, without waiting for the others.
/// </summary>
/// <remarks>What comes next follows from what is known alone, so any host can go on, and one that begins anew goes on alike.</remarks>
public sealed record StudyPlan
{
    /// <summary>One in so many of a rung comes to the next one. 3 is what the paper finds best.</summary>
    public const int Reduction = 3;

    /// <summary>The ranges of the parameters.</summary>
    public required IReadOnlyList<ParameterRange> Space { get; init; }

    /// <summary>The parameters of the first trial: those that are used today, so that nothing worse can win. Null draws them too.</summary>
    public IReadOnlyList<double>? First { get; init; }

    /// <summary>How parameters are found.</summary>
    public Sampler Sampler { get; init; } = Sampler.Tpe;

    /// <summary>Seed of every draw.</summary>
    public long Seed { get; init; }

    /// <summary>How many trials there are, from 1.</summary>
    public required int Trials { get; init; }

    /// <summary>How many rungs there are, from 1: one measures every trial as well as can be.</summary>
    public int Rungs { get; init; } = 1;

    /// <summary>What comes next.</summary>
    /// <param name="tried">Every trial so far, by number.</param>
    /// <param name="mayBegin">False when the time is over: then only what is being measured goes on.</param>
    public StudyStep Next(IReadOnlyList<TriedParameters> tried, bool mayBegin)
    {
        ArgumentNullException.ThrowIfNull(tried);
        if (mayBegin && (Promoted(tried) ?? Begun(tried)) is { } step)
        {
            return step;
        }

        if (tried.Any(trial => trial.Rungs.Any(rung => rung.State == RungState.Running)))
        {
            return new StudyStep.Wait();
        }

        return (mayBegin ? Last(tried) : null) ?? (StudyStep)new StudyStep.End();
    }

    /// <summary>The best trial: of those on the highest rung that any has reached, the one with the lowest loss; null when none was measured.</summary>
    public static TriedParameters? Best(IReadOnlyList<TriedParameters> tried)
    {
        ArgumentNullException.ThrowIfNull(tried);
        int rungs = tried.Select(trial => trial.Rungs.Count).DefaultIfEmpty().Max();
        for (int rung = rungs - 1; rung >= 0; rung--)
        {
            if (Measured(tried, rung) is [var best, ..])
            {
                return best;
            }
        }

        return null;
    }

    /// <summary>A trial that is among the best of its rung and has not come to the next one yet, from the highest rung on.</summary>
    private StudyStep.Measure? Promoted(IReadOnlyList<TriedParameters> tried)
    {
        for (int rung = Rungs - 2; rung >= 0; rung--)
        {
            TriedParameters[] measured = Measured(tried, rung);
            if (Unpromoted(measured[..(measured.Length / Reduction)], rung) is { } step)
            {
                return step;
            }
        }

        return null;
    }

    private StudyStep.Measure? Begun(IReadOnlyList<TriedParameters> tried)
    {
        if (tried.Count >= Trials)
        {
            return null;
        }

        int number = tried.Count + 1;
        IReadOnlyList<double> parameters =
            number == 1 && First is { } first
                ? first
                : Samplers.Propose(Sampler, Space, Seed, number, Observed(tried), UnderWay(tried));
        return new StudyStep.Measure(number, 0, parameters);
    }

    /// <summary>When all trials are measured and none came to a rung, the best one below does: the winner is measured as well as can be.</summary>
    private StudyStep.Measure? Last(IReadOnlyList<TriedParameters> tried)
    {
        for (int rung = Rungs - 2; rung >= 0; rung--)
        {
            if (Measured(tried, rung + 1).Length == 0 && Unpromoted(Measured(tried, rung), rung) is { } step)
            {
                return step;
            }
        }

        return null;
    }

    private static StudyStep.Measure? Unpromoted(TriedParameters[] trials, int rung) =>
        Array.Find(trials, trial => trial.Rungs.Count == rung + 1) is { } next
            ? new StudyStep.Measure(next.Number, rung + 1, next.Parameters)
            : null;

    /// <summary>What was measured on the highest rung that has enough to learn from: losses of different rungs cannot be compared.</summary>
    private Observation[] Observed(IReadOnlyList<TriedParameters> tried)
    {
        for (int rung = Rungs - 1; rung > 0; rung--)
        {
            if (Measured(tried, rung) is { Length: >= Samplers.FirstTrials } measured)
            {
                return Observations(measured, rung);
            }
        }

        return Observations(Measured(tried, 0), 0);
    }

    private static Observation[] Observations(TriedParameters[] measured, int rung) =>
        [.. measured.Select(trial => new Observation(trial.Parameters, trial.Rungs[rung].Loss))];

    private static IReadOnlyList<double>[] UnderWay(IReadOnlyList<TriedParameters> tried) =>
        [.. tried.Where(trial => trial.Rungs[0].State == RungState.Running).Select(trial => trial.Parameters)];

    /// <summary>Trials that were measured on a rung, the best first; of two alike the earlier.</summary>
    private static TriedParameters[] Measured(IReadOnlyList<TriedParameters> tried, int rung) =>
        [
            .. tried
                .Where(trial => trial.LossOn(rung) is not null)
                .OrderBy(trial => trial.LossOn(rung))
                .ThenBy(trial => trial.Number),
        ];
}
