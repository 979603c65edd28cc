using Fecom.Benchmarks.Load;

namespace Fecom.Benchmarks.OnlineFeatures;

/// <summary>Calls that are compared.</summary>
/// <param name="Key">Begins the names of its figures.</param>
/// <param name="Meaning">What is called, for a person.</param>
/// <param name="Open">Calls so many times a second.</param>
/// <param name="Closed">So many callers, each one call after the other.</param>
internal sealed record OnlineCase(
    string Key,
    string Meaning,
    Func<int, TimeSpan, Task<LoadFigures>> Open,
    Func<int, TimeSpan, Task<LoadFigures>> Closed
)
{
    /// <summary>Requests over HTTP.</summary>
    public static OnlineCase Posts(string key, string meaning, LoadClient client, byte[][] requests) =>
        new(
            key,
            meaning,
            (perSecond, time) => Task.Run(() => client.Open(perSecond, time, requests)),
            (callers, time) => Task.Run(() => client.Closed(callers, time, requests))
        );

    /// <summary>Reads by Redis' client.</summary>
    public static OnlineCase Reads(string key, string meaning, Func<int, Task> call) =>
        new(
            key,
            meaning,
            (perSecond, time) => TaskLoad.OpenAsync(perSecond, time, call),
            (callers, time) => TaskLoad.ClosedAsync(callers, time, call)
        );
}
