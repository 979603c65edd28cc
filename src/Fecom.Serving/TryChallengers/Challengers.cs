using System.Collections.Concurrent;
using Fecom.Serving.LoadModels;
using Microsoft.Extensions.Options;

namespace Fecom.Serving.TryChallengers;

/// <summary>A version that is tried beside the champion of its model.</summary>
/// <param name="Model">The model.</param>
/// <param name="Version">The version; null while there is none.</param>
/// <param name="CanaryShare">Share of the visitors whom it answers.</param>
/// <param name="ShadowShare">Share of the champion's answers that it gives too, unseen.</param>
/// <param name="Setting">The number of the setting; 0 where it is the host's.</param>
internal sealed record Challenger(string Model, int? Version, double CanaryShare, double ShadowShare, int Setting);

/// <summary>The challengers in memory: no request asks PostgreSQL for them.</summary>
internal sealed class Challengers(IEnumerable<IModelSlot> slots, IOptions<ChallengerOptions> options, TimeProvider time)
    : IVersionUser
{
    /// <summary>Failures in a row after which a challenger rests.</summary>
    private const int MaxFailures = 5;

    private static readonly TimeSpan Rest = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<WantedVersion, ChallengerFailures> _failures = new();
    private volatile Dictionary<string, Challenger> _current = [];
    private ulong _place;

    /// <summary>Versions that were asked for and failed, with what is to be told of it.</summary>
    public IEnumerable<KeyValuePair<WantedVersion, ChallengerFailures>> Failures => _failures;

    public IEnumerable<WantedVersion> Wanted =>
        _current
            .Values.Where(one => one.CanaryShare > 0 || one.ShadowShare > 0)
            .Where(one => one.Version is not null)
            .Select(one => new WantedVersion(one.Model, one.Version!.Value));

    /// <summary>The challenger of a model.</summary>
    public Challenger Of(string model) =>
        _current.GetValueOrDefault(model)
        ?? new Challenger(model, null, options.Value.CanaryShare, options.Value.ShadowShare, 0);

    /// <summary>The version that answers a visitor in the champion's place; null when the champion does.</summary>
    public int? CanaryFor(string model, AnswerUnit unit) =>
        _current.GetValueOrDefault(model) is { CanaryShare: > 0, Version: { } version } challenger
        && unit.Key is { } key
        && AnswerUnit.Draw($"canary {model} {version}", key) < challenger.CanaryShare
        && !IsResting(new WantedVersion(model, version))
            ? version
            : null;

    /// <summary>The version that is to give the next answer too, unseen; null when none is.</summary>
    public int? ShadowFor(string model) =>
        _current.GetValueOrDefault(model) is { ShadowShare: > 0, Version: { } version } challenger
        && SampledPlaces.Holds(Interlocked.Add(ref _place, SampledPlaces.Step), challenger.ShadowShare)
        && !IsResting(new WantedVersion(model, version))
            ? version
            : null;

    /// <summary>Notes that a version has failed to answer, and why.</summary>
    public void Failed(WantedVersion version, Exception cause) =>
        _failures.AddOrUpdate(
            version,
            _ => new ChallengerFailures(1, 1, time.GetUtcNow(), cause.Message),
            (_, before) => new(before.All + 1, before.InARow + 1, time.GetUtcNow(), cause.Message)
        );

    /// <summary>Notes that a version has answered.</summary>
    public void Answered(WantedVersion version)
    {
        if (_failures.TryGetValue(version, out ChallengerFailures? failures) && failures.InARow > 0)
        {
            _failures[version] = failures with { InARow = 0 };
        }
    }

    /// <summary>Takes what PostgreSQL has.</summary>
    public void Take(IReadOnlyList<ChallengerRow> rows)
    {
        _current = rows.Select(Read).ToDictionary(one => one.Model, StringComparer.Ordinal);
        HashSet<WantedVersion> wanted = [.. Wanted];
        foreach (WantedVersion former in _failures.Keys.Where(former => !wanted.Contains(former)))
        {
            _failures.TryRemove(former, out _);
        }
    }

    /// <summary>A challenger that has become champion, or that an alias stood for before a newer champion came, is none any more.</summary>
    private Challenger Read(ChallengerRow row)
    {
        IModelSlot? slot = slots.FirstOrDefault(slot => slot.Name == row.Model);
        bool isOver =
            slot is null
            || row.Version == slot.Version
            || (row.Version < slot.Version && row.Promotion < slot.Promotion);
        return new Challenger(
            row.Model,
            isOver ? null : row.Version,
            row.CanaryShare ?? options.Value.CanaryShare,
            row.ShadowShare ?? options.Value.ShadowShare,
            row.Setting
        );
    }

    private bool IsResting(WantedVersion version) =>
        _failures.TryGetValue(version, out ChallengerFailures? failures)
        && failures.InARow >= MaxFailures
        && time.GetUtcNow() - failures.LastAt < Rest;
}

/// <summary>How a version has failed to answer.</summary>
/// <param name="All">Times since the host's start.</param>
/// <param name="InARow">Of them, times without an answer in between.</param>
/// <param name="LastAt">When last.</param>
/// <param name="Reason">Why then.</param>
internal sealed record ChallengerFailures(long All, int InARow, DateTimeOffset LastAt, string Reason);
