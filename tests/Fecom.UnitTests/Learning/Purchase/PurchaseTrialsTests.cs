using Fecom.Learning.Boosting;
using Fecom.Learning.Purchase;
using Xunit;

namespace Fecom.UnitTests.Learning.Purchase;

public sealed class PurchaseTrialsTests
{
    private static readonly BoostingOptions Options = PurchaseTrainer.Options with { Trees = 40, Threads = 1 };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public void The_same_rows_and_options_come_to_the_same_also_where_another_host_reads_them()
    {
        PurchaseTrials made = PurchaseTrials.Of(GeneratedSessions.DataSet(2_000), Cancelled);

        PurchaseTrials read = PurchaseTrials.Load(made.Save());

        Assert.Equal(made.Rows, read.Rows);
        Assert.Equal(made.Run(Options, 0, 1, Cancelled), read.Run(Options, 0, 1, Cancelled));
        Assert.Equal(made.Run(Options, 0, 2, Cancelled), read.Run(Options, 0, 2, Cancelled));
    }

    /// <summary>Whoever lets go of the rows does not know whether a trial of theirs still runs, or begins at that moment.</summary>
    [Fact]
    public async Task Trials_that_run_while_their_rows_are_freed_come_to_the_same()
    {
        PurchaseTrials trials = PurchaseTrials.Of(GeneratedSessions.DataSet(2_000), Cancelled);
        TrialOutcome expected = trials.Run(Options, 0, 1, Cancelled);

        Task<TrialOutcome[]> running = Task.WhenAll(
            Enumerable.Range(0, 6).Select(_ => Task.Run(() => trials.Run(Options, 0, 1, Cancelled), Cancelled))
        );
        trials.Free();

        Assert.All(await running, outcome => Assert.Equal(expected, outcome));
        trials.Free();
        Assert.Equal(expected, trials.Run(Options, 0, 1, Cancelled));
    }

    [Fact]
    public void The_number_of_threads_changes_nothing_in_what_a_trial_comes_to()
    {
        PurchaseTrials trials = PurchaseTrials.Of(GeneratedSessions.DataSet(2_000), Cancelled);

        TrialOutcome alone = trials.Run(Options, 1, 2, Cancelled);

        Assert.All(
            [2, 3, 7],
            threads => Assert.Equal(alone, trials.Run(Options with { Threads = threads }, 1, 2, Cancelled))
        );
    }

    [Fact]
    public void Good_options_come_to_a_lower_loss_than_bad_ones()
    {
        PurchaseTrials trials = PurchaseTrials.Of(GeneratedSessions.DataSet(3_000), Cancelled);

        double good = trials.Run(Options with { LearningRate = 0.1, L2 = 1 }, 0, 1, Cancelled).LogLoss;

        Assert.True(good < trials.Run(Options with { Trees = 1, LearningRate = 0.01 }, 0, 1, Cancelled).LogLoss);
    }

    /// <summary>The rows on which models are judged take no part: whatever they say, every trial comes to the same.</summary>
    [Fact]
    public void The_newest_rows_are_never_looked_at()
    {
        PurchaseDataSet data = GeneratedSessions.DataSet(2_000);
        PurchaseRow[] turned = [.. data.Validation.Select(row => row with { IsPurchased = !row.IsPurchased })];
        PurchaseDataSet other = new(
            data.Candidate,
            data.Zone,
            data.Folds,
            [.. data.Train],
            turned,
            [.. data.ValidationSessions],
            data.ValidationStart
        );

        Assert.Equal(PurchaseTrials.Of(data, Cancelled).Save(), PurchaseTrials.Of(other, Cancelled).Save());
        Assert.True(PurchaseTrials.Of(data, Cancelled).Rows < data.Train.Count);
    }

    [Fact]
    public void A_rung_below_the_highest_asks_the_newest_time_split_alone()
    {
        PurchaseDataSet data = GeneratedSessions.DataSet(2_000);
        PurchaseFold oldest = data.Folds[0];
        PurchaseDataSet other = new(
            data.Candidate,
            data.Zone,
            [
                oldest with
                {
                    Stop = [.. oldest.Stop.Select(row => row with { IsPurchased = !row.IsPurchased })],
                },
                .. data.Folds.Skip(1),
            ],
            [.. data.Train],
            [.. data.Validation],
            [.. data.ValidationSessions],
            data.ValidationStart
        );
        (PurchaseTrials trials, PurchaseTrials turned) = (
            PurchaseTrials.Of(data, Cancelled),
            PurchaseTrials.Of(other, Cancelled)
        );

        Assert.Equal(trials.Run(Options, 0, 2, Cancelled), turned.Run(Options, 0, 2, Cancelled));
        Assert.NotEqual(trials.Run(Options, 1, 2, Cancelled), turned.Run(Options, 1, 2, Cancelled));
    }

    [Theory]
    [InlineData(0.01, 500)]
    [InlineData(0.03, 500)]
    [InlineData(0.15, 100)]
    [InlineData(0.2, 75)]
    public void A_fast_learning_rate_gets_fewer_trees_below_the_highest_rung(double rate, int trees) =>
        Assert.Equal(
            trees,
            PurchaseSearch.TreesBelow(PurchaseTrainer.Options with { LearningRate = rate, Trees = 500 })
        );

    [Fact]
    public void A_file_that_is_cut_off_or_is_something_else_is_refused()
    {
        byte[] file = PurchaseTrials.Of(GeneratedSessions.DataSet(500), Cancelled).Save();

        Assert.Throws<InvalidDataException>(() => PurchaseTrials.Load(file[..(file.Length / 2)]));
        Assert.Throws<InvalidDataException>(() => PurchaseTrials.Load([]));
        file[0]++;
        Assert.Throws<InvalidDataException>(() => PurchaseTrials.Load(file));
    }

    [Theory]
    [InlineData(1_000, 1)]
    [InlineData(15_000, 2)]
    [InlineData(200_000, 3)]
    public void There_are_as_many_rungs_as_the_rows_allow(int rows, int rungs)
    {
        Assert.Equal(rungs, PurchaseSearch.RungsFor(rows));
        Assert.Equal(1, PurchaseSearch.ShareOf(rungs - 1, rungs));
        Assert.Equal(1.0 / 9, PurchaseSearch.ShareOf(0, 3), 12);
    }

    [Fact]
    public void The_parameters_of_the_release_lie_in_the_ranges_and_come_back_as_they_were()
    {
        Assert.All(
            PurchaseSearch.Space.Zip(PurchaseSearch.Of(PurchaseTrainer.Options)),
            pair => Assert.InRange(pair.Second, pair.First.Low, pair.First.High)
        );
        Assert.Equal(
            PurchaseTrainer.Options,
            PurchaseSearch.Apply(PurchaseTrainer.Options, PurchaseSearch.Of(PurchaseTrainer.Options))
        );
    }
}
