using System.Runtime.InteropServices;

namespace Fecom.Learning.Tuning;

/// <summary>How the parameters of the next trial are found.</summary>
public enum Sampler
{
    /// <summary>Evenly over the ranges (Bergstra and Bengio, 2012).</summary>
    Random,

    /// <summary>Where good trials lie close and bad ones do not: tree-structured Parzen estimators (Bergstra and others, 2011).</summary>
    Tpe,
}

/// <summary>A trial that has been measured.</summary>
/// <param name="Parameters">Its parameters, in the order of the ranges.</param>
/// <param name="Loss">What came out; lower is better.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Observation(IReadOnlyList<double> Parameters, double Loss);

/// <summary>Proposes parameters; the same seed, number and observations give the same ones.</summary>
public static class Samplers
{
    /// <summary>Trials that are drawn evenly before any are judged.</summary>
    public const int FirstTrials = 10;

    /// <summary>Share of the trials that count as good.</summary>
    private const double GoodShare = 0.15;

    /// <summary>Good trials at most, however many there are.</summary>
    private const int MaxGood = 25;

    /// <summary>Places that are drawn for each parameter, of which the best is taken.</summary>
    private const int Draws = 24;

    /// <summary>Proposes the parameters of a trial.</summary>
    /// <param name="sampler">How.</param>
    /// <param name="space">The ranges.</param>
    /// <param name="seed">The study's seed.</param>
    /// <param name="number">The trial's number.</param>
    /// <param name="observed">What is known so far, all measured alike.</param>
    /// <param name="underWay">Parameters of trials whose outcome is not known: nobody should try the same at the same time.</param>
    public static double[] Propose(
        Sampler sampler,
        IReadOnlyList<ParameterRange> space,
        long seed,
        int number,
        IReadOnlyList<Observation> observed,
        IReadOnlyList<IReadOnlyList<double>> underWay
    )
    {
        ArgumentNullException.ThrowIfNull(space);
        ArgumentNullException.ThrowIfNull(observed);
        ArgumentNullException.ThrowIfNull(underWay);
        SplitMix random = new(seed, number);
        double[] proposed = new double[space.Count];
        if (sampler == Sampler.Random || observed.Count < FirstTrials)
        {
            for (int i = 0; i < space.Count; i++)
            {
                proposed[i] = space[i].ValueAt(random.NextUniform());
            }

            return proposed;
        }

        Observation[] byLoss = [.. observed.OrderBy(trial => trial.Loss)];
        int good = Math.Min((int)Math.Ceiling(GoodShare * byLoss.Length), MaxGood);
        for (int i = 0; i < space.Count; i++)
        {
            ParameterRange range = space[i];
            int parameter = i;
            ParzenEstimate among = new(byLoss[..good].Select(trial => range.PlaceOf(trial.Parameters[parameter])));
            ParzenEstimate others = new(
                byLoss[good..]
                    .Select(trial => trial.Parameters)
                    .Concat(underWay)
                    .Select(parameters => range.PlaceOf(parameters[parameter]))
            );
            proposed[i] = range.ValueAt(BestDraw(among, others, ref random));
        }

        return proposed;
    }

    /// <summary>The drawn place that is most likely among the good ones, measured by how likely it is among the others.</summary>
    private static double BestDraw(ParzenEstimate good, ParzenEstimate others, ref SplitMix random)
    {
        double best = 0;
        double bestGain = double.NegativeInfinity;
        for (int draw = 0; draw < Draws; draw++)
        {
            double place = good.Draw(ref random);
            double gain = good.LogDensity(place) - others.LogDensity(place);
            if (gain > bestGain)
            {
                (best, bestGain) = (place, gain);
            }
        }

        return best;
    }
}
