using Fecom.Learning.Tuning;
using Xunit;

namespace Fecom.UnitTests.Learning.Tuning;

public sealed class StudyPlanTests
{
    private static readonly ParameterRange[] Space = [new("a", 0, 1), new("b", 0, 1)];

    [Fact]
    public void A_third_of_each_rung_comes_to_the_next_the_best_ones()
    {
        StudyHistory lowest = new(Plan(trials: 27, rungs: 1));
        lowest.RunToEnd();
        StudyHistory study = new(Plan(trials: 27, rungs: 3), lowest.Tried);

        study.RunToEnd();

        Assert.Equal([27, 9, 3], Enumerable.Range(0, 3).Select(study.OnRung));
        int[] best = [.. study.Tried.OrderBy(trial => trial.Rungs[0].Loss).Take(9).Select(trial => trial.Number)];
        Assert.Equal(best.Order(), study.Tried.Where(trial => trial.Rungs.Count > 1).Select(trial => trial.Number));
        Assert.Equal(
            best.Take(3).Order(),
            study.Tried.Where(trial => trial.Rungs.Count > 2).Select(trial => trial.Number)
        );
        Assert.Equal(best[0], StudyPlan.Best(study.Tried)!.Number);
    }

    [Fact]
    public void Trials_that_climb_as_soon_as_they_can_are_few_more_and_the_best_are_among_them()
    {
        StudyHistory study = new(Plan(trials: 27, rungs: 3));

        study.RunToEnd();

        Assert.Equal(27, study.OnRung(0));
        Assert.InRange(study.OnRung(1), 9, 14);
        Assert.InRange(study.OnRung(2), 3, 6);
        IEnumerable<int> best = study.Tried.OrderBy(trial => trial.Rungs[0].Loss).Take(3).Select(trial => trial.Number);
        Assert.Subset(
            study.Tried.Where(trial => trial.Rungs.Count == 3).Select(trial => trial.Number).ToHashSet(),
            best.ToHashSet()
        );
    }

    [Fact]
    public void One_that_is_among_the_best_so_far_climbs_at_once()
    {
        StudyHistory study = new(Plan(trials: 27, rungs: 3));
        study.Run(3);

        StudyStep.Measure next = Assert.IsType<StudyStep.Measure>(study.Next());

        Assert.Equal(1, next.Rung);
        Assert.Equal(study.Tried.MinBy(trial => trial.Rungs[0].Loss)!.Number, next.Trial);
    }

    [Fact]
    public void A_study_that_is_cut_off_anywhere_goes_on_as_if_it_had_not_been()
    {
        StudyHistory whole = new(Plan(trials: 20, rungs: 3));
        int steps = whole.RunToEnd();

        for (int cut = 1; cut < steps; cut += 3)
        {
            StudyHistory before = new(Plan(trials: 20, rungs: 3));
            before.Run(cut);
            StudyHistory after = new(Plan(trials: 20, rungs: 3), before.Tried);
            after.RunToEnd();
            Assert.Equal(whole.ToText(), after.ToText());
        }
    }

    [Fact]
    public void Many_hosts_at_once_measure_every_trial_once_on_each_rung_that_it_comes_to()
    {
        StudyHistory study = new(Plan(trials: 27, rungs: 3));

        study.RunSideBySide(hosts: 5);

        Assert.Equal(27, study.Tried.Count);
        Assert.InRange(study.OnRung(1), 9, 14);
        Assert.InRange(study.OnRung(2), 3, 6);
        Assert.IsType<StudyStep.End>(study.Next());
    }

    [Fact]
    public void The_first_trial_has_the_parameters_of_today()
    {
        StudyHistory study = new(Plan(trials: 1, rungs: 3) with { First = [0.25, 0.75] });

        study.RunToEnd();

        TriedParameters only = Assert.Single(study.Tried);
        Assert.Equal([0.25, 0.75], only.Parameters);
        // Fewer than three have no best third; the one that wins is measured as well as can be all the same.
        Assert.Equal(3, only.Rungs.Count);
    }

    [Fact]
    public void When_the_time_is_over_what_is_under_way_is_awaited_and_nothing_begins()
    {
        StudyHistory study = new(Plan(trials: 27, rungs: 3));
        study.Run(5);
        study.Begin();

        Assert.IsType<StudyStep.Wait>(study.Next(mayBegin: false));
        study.Complete();
        Assert.IsType<StudyStep.End>(study.Next(mayBegin: false));
    }

    [Fact]
    public void A_trial_that_fails_is_counted_and_never_wins()
    {
        StudyHistory study = new(Plan(trials: 6, rungs: 2)) { Fails = (number, rung) => rung == 1 || number == 2 };

        study.RunToEnd();

        Assert.Equal(6, study.Tried.Count);
        // All that climbed have failed there, so the best below is the best.
        Assert.Equal(
            study.Tried.Where(trial => trial.Number != 2).MinBy(trial => trial.Rungs[0].Loss)!.Number,
            StudyPlan.Best(study.Tried)!.Number
        );
        Assert.Null(StudyPlan.Best([]));
    }

    private static StudyPlan Plan(int trials, int rungs) =>
        new()
        {
            Space = Space,
            Seed = 4,
            Trials = trials,
            Rungs = rungs,
        };

    /// <summary>A study whose trials come to a loss that their parameters give, the same on every rung.</summary>
    private sealed class StudyHistory(StudyPlan plan, IEnumerable<TriedParameters>? tried = null)
    {
        private readonly List<(int Trial, int Rung)> _running = [];

        public List<TriedParameters> Tried { get; } = [.. tried ?? []];

        public Func<int, int, bool> Fails { get; init; } = (_, _) => false;

        public StudyStep Next(bool mayBegin = true) => plan.Next(Tried, mayBegin);

        public int OnRung(int rung) => Tried.Count(trial => trial.Rungs.Count > rung);

        public bool Begin()
        {
            if (Next() is not StudyStep.Measure step)
            {
                return false;
            }

            RungOutcome running = new(RungState.Running);
            if (step.Rung == 0)
            {
                Assert.Equal(Tried.Count + 1, step.Trial);
                Tried.Add(new TriedParameters(step.Trial, step.Parameters, [running]));
            }
            else
            {
                TriedParameters of = Tried[step.Trial - 1];
                Assert.Equal(step.Rung, of.Rungs.Count);
                Tried[step.Trial - 1] = of with { Rungs = [.. of.Rungs, running] };
            }

            _running.Add((step.Trial, step.Rung));
            return true;
        }

        /// <summary>The one that has been measured for the longest is done.</summary>
        public void Complete()
        {
            (int trial, int rung) = _running[0];
            _running.RemoveAt(0);
            TriedParameters of = Tried[trial - 1];
            double loss = Math.Pow(of.Parameters[0] - 0.3, 2) + Math.Pow(of.Parameters[1] - 0.6, 2);
            RungOutcome outcome = Fails(trial, rung)
                ? new RungOutcome(RungState.Failed)
                : new RungOutcome(RungState.Completed, loss);
            Tried[trial - 1] = of with { Rungs = [.. of.Rungs.Take(rung), outcome] };
        }

        public void Run(int steps)
        {
            for (int step = 0; step < steps; step++)
            {
                Assert.True(Begin());
                Complete();
            }
        }

        public int RunToEnd()
        {
            int steps = 0;
            while (Begin())
            {
                Complete();
                Assert.InRange(++steps, 1, 1_000);
            }

            Assert.IsType<StudyStep.End>(Next());
            return steps;
        }

        public void RunSideBySide(int hosts)
        {
            do
            {
                while (_running.Count < hosts && Begin())
                {
                    // Every host that is free takes one.
                }

                Complete();
            } while (_running.Count > 0 || Next() is not StudyStep.End);
        }

        public string ToText() =>
            string.Join(
                '\n',
                Tried.Select(trial =>
                    $"{trial.Number}: {string.Join(' ', trial.Parameters)}: {string.Join(' ', trial.Rungs.Select(rung => rung.Loss))}"
                )
            );
    }
}
