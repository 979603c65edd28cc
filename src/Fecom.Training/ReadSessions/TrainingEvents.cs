using System.Globalization;
using Fecom.Learning;

namespace Fecom.Training.ReadSessions;

/// <summary>Which events are learned from.</summary>
/// <param name="Own">Events of the shop's own.</param>
/// <param name="Sample">Events of the sample that comes with Fecom.</param>
internal readonly record struct TrainingEvents(long Own, long Sample)
{
    /// <summary>Whether the sample's are left out: the shop has enough of its own.</summary>
    public bool WithoutSample => Sample > 0 && Own >= SampleShare.EnoughOwnEvents;

    /// <summary>Whether some of what is learned is the sample's.</summary>
    public bool IsOfSample => Sample > 0 && !WithoutSample;

    /// <summary>Events that are learned from.</summary>
    public long Learned => WithoutSample ? Own : Own + Sample;

    /// <summary>What a model that learned from these events says of itself, if anything.</summary>
    public IReadOnlyList<string> Notes =>
        IsOfSample
            ?
            [
                Invariant(
                    $"Learned from the sample that comes with Fecom ({Sample:N0} of {Own + Sample:N0} events), which leaves once the shop has {SampleShare.EnoughOwnEvents:N0} events of its own."
                ),
            ]
            : [];

    /// <summary>What the run says of what it did not learn from; null when that is nothing.</summary>
    public string? LeftOut =>
        WithoutSample
            ? Invariant($"The sample's {Sample:N0} events are left out: the shop has {Own:N0} of its own.")
            : null;

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
