namespace Fecom.Learning;

/// <summary>When the sample that comes with Fecom leaves: it is there to try things out, and no shop wants its products recommended.</summary>
public static class SampleShare
{
    /// <summary>Events of a shop's own from which on models and trends are made of these alone.</summary>
    public const int EnoughOwnEvents = 1_000;
}
