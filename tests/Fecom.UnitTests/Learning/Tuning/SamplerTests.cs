using Fecom.Learning.Tuning;
using Xunit;

namespace Fecom.UnitTests.Learning.Tuning;

public sealed class SamplerTests
{
    private static readonly ParameterRange[] Space =
    [
        new("rate", 0.01, 1, IsLogarithmic: true),
        new("leaves", 4, 64, IsLogarithmic: true, IsWhole: true),
        new("share", 0.2, 1),
        new("penalty", -5, 5),
    ];

    [Fact]
    public void Tpe_finds_a_better_place_than_random_search_over_many_seeds()
    {
        const int Trials = 60;
        double[] random = [.. Enumerable.Range(1, 20).Select(seed => BestOf(Sampler.Random, seed, Trials))];
        double[] tpe = [.. Enumerable.Range(1, 20).Select(seed => BestOf(Sampler.Tpe, seed, Trials))];

        Assert.True(
            tpe.Average() < random.Average() / 2,
            $"TPE came to {tpe.Average():0.0000} on average, random search to {random.Average():0.0000}"
        );
        Assert.InRange(tpe.Zip(random).Count(pair => pair.First < pair.Second), 16, 20);
    }

    [Theory]
    [InlineData(Sampler.Random)]
    [InlineData(Sampler.Tpe)]
    public void The_same_seed_gives_the_same_trials_and_another_one_others(Sampler sampler)
    {
        Assert.Equal(
            Run(sampler, 1, 25).SelectMany(trial => trial.Parameters),
            Run(sampler, 1, 25).SelectMany(trial => trial.Parameters)
        );
        Assert.NotEqual(Run(sampler, 1, 25)[0].Parameters, Run(sampler, 2, 25)[0].Parameters);
        Assert.NotEqual(Run(sampler, 1, 25)[^1].Parameters, Run(sampler, 2, 25)[^1].Parameters);
    }

    [Theory]
    [InlineData(Sampler.Random)]
    [InlineData(Sampler.Tpe)]
    public void What_is_proposed_lies_in_its_range_and_is_whole_where_it_must_be(Sampler sampler) =>
        Assert.All(
            Run(sampler, 3, 100),
            trial =>
            {
                Assert.All(
                    Space.Zip(trial.Parameters),
                    pair => Assert.InRange(pair.Second, pair.First.Low, pair.First.High)
                );
                Assert.Equal(Math.Round(trial.Parameters[1]), trial.Parameters[1]);
            }
        );

    [Fact]
    public void Hosts_that_ask_at_the_same_time_are_not_sent_to_the_same_place()
    {
        List<Observation> observed = Run(Sampler.Tpe, 5, 30);
        double[] first = Samplers.Propose(Sampler.Tpe, Space, 5, 31, observed, []);

        double[] second = Samplers.Propose(Sampler.Tpe, Space, 5, 31, observed, [first, first, first]);

        Assert.NotEqual(first, second);
    }

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.1)]
    [InlineData(1)]
    public void A_logarithmic_range_counts_ratios(double value)
    {
        Assert.Equal(value, Space[0].ValueAt(Space[0].PlaceOf(value)), 1e-12);
        Assert.Equal(0.5, Space[0].PlaceOf(0.1), 1e-12);
        Assert.Equal(1, Space[0].PlaceOf(7));
    }

    private static double BestOf(Sampler sampler, int seed, int trials) =>
        Run(sampler, seed, trials).Min(trial => trial.Loss);

    private static List<Observation> Run(Sampler sampler, int seed, int trials)
    {
        List<Observation> observed = [];
        for (int number = 1; number <= trials; number++)
        {
            double[] parameters = Samplers.Propose(sampler, Space, seed, number, observed, []);
            observed.Add(new Observation(parameters, Loss(parameters)));
        }

        return observed;
    }

    /// <summary>A bowl whose lowest point, 0, lies off the middle of each range.</summary>
    private static double Loss(double[] parameters) =>
        Space
            .Zip(parameters, (range, value) => range.PlaceOf(value))
            .Zip([0.25, 0.7, 0.85, 0.4], (place, best) => (place - best) * (place - best))
            .Sum();
}
