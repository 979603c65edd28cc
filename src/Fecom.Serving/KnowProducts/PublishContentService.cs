using System.Diagnostics;
using Fecom.Learning.Recommend;
using Fecom.Platform.Services;
using Fecom.Serving.LoadModels;

namespace Fecom.Serving.KnowProducts;

/// <summary>Indexes what has changed of the catalogue for content neighbours every few seconds, less often where that is much: never more than a fiftieth of a thread.</summary>
internal sealed class PublishContentService(
    Supervision supervision,
    ContentNeighbours content,
    ModelSlot<Recommender> models,
    TimeProvider time
) : SupervisedService(supervision, "the index of products by content")
{
    private const int Rest = 50;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            long start = Stopwatch.GetTimestamp();
            content.Publish(models.Current?.Model.CoVisits);
            TimeSpan pause = Stopwatch.GetElapsedTime(start) * Rest;
            await Task.Delay(pause > Interval ? pause : Interval, time, stoppingToken);
        }
    }
}
