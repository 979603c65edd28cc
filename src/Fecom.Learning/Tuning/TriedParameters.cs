using System.Runtime.InteropServices;

namespace Fecom.Learning.Tuning;

/// <summary>How far a trial is on a rung.</summary>
public enum RungState
{
    /// <summary>It is being measured.</summary>
    Running,

    /// <summary>It was measured.</summary>
    Completed,

    /// <summary>It could not be measured.</summary>
    Failed,
}

/// <summary>A trial on a rung.</summary>
/// <param name="State">How far it is.</param>
/// <param name="Loss">What came out, lower is better; counts only when it is completed.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct RungOutcome(RungState State, double Loss = double.NaN);

/// <summary>A trial with what is known of it.</summary>
/// <param name="Number">Its number, from 1.</param>
/// <param name="Parameters">Its parameters, in the order of the ranges.</param>
/// <param name="Rungs">The rungs that it has come to, the lowest first.</param>
public sealed record TriedParameters(int Number, IReadOnlyList<double> Parameters, IReadOnlyList<RungOutcome> Rungs)
{
    /// <summary>Its loss on a rung; null when it was not measured there.</summary>
    internal double? LossOn(int rung) =>
        rung < Rungs.Count && Rungs[rung].State == RungState.Completed ? Rungs[rung].Loss : null;
}

/// <summary>What a study does next.</summary>
public abstract record StudyStep
{
    private StudyStep() { }

    /// <summary>Measures a trial on a rung.</summary>
    /// <param name="Trial">The trial's number.</param>
    /// <param name="Rung">The rung, from 0.</param>
    /// <param name="Parameters">The trial's parameters.</param>
    public sealed record Measure(int Trial, int Rung, IReadOnlyList<double> Parameters) : StudyStep;

    /// <summary>Nothing before a trial that is being measured has ended.</summary>
    public sealed record Wait : StudyStep;

    /// <summary>Nothing any more.</summary>
    public sealed record End : StudyStep;
}
