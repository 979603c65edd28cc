using static Fecom.Learning.Views.FeatureType;

namespace Fecom.Learning.Views;

/// <summary>When an entity's newest and oldest event happened: the features that views have alike.</summary>
internal static class TimeFeatures
{
    /// <summary>Of the newest event.</summary>
    public static IEnumerable<StateFeature<TState>> Of<TState>()
        where TState : EntityState => [NewestTime<TState>(), SinceNewest<TState>()];

    /// <summary>Of the newest event and of the oldest.</summary>
    /// <param name="oldest">When the oldest event happened, UTC.</param>
    public static IEnumerable<StateFeature<TState>> Of<TState>(Func<TState, DateTime> oldest)
        where TState : EntityState =>
        [
            NewestTime<TState>(),
            new("first_event_time", Timestamp, "UTC", "When the oldest event happened", default, (s, _) => oldest(s)),
            SinceNewest<TState>(),
            new(
                "seconds_since_first_event",
                Number,
                "seconds",
                "Time since the oldest event",
                default,
                (s, at) => Since(at, oldest(s))
            ),
        ];

    /// <summary>Seconds from a moment to another; zero when it lies ahead, by a client's clock that is ahead.</summary>
    public static double Since(DateTime at, DateTime past) => Math.Max(0, (at - past).TotalSeconds);

    private static StateFeature<TState> NewestTime<TState>()
        where TState : EntityState =>
        new("event_time", Timestamp, "UTC", "When the newest event happened", default, (s, _) => s.EventTime);

    private static StateFeature<TState> SinceNewest<TState>()
        where TState : EntityState =>
        new(
            "seconds_since_last_event",
            Number,
            "seconds",
            "Time since the newest event",
            default,
            (s, at) => Since(at, s.EventTime)
        );
}
