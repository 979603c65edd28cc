using Fecom.Training.RegisterModels;
using Quartz;

namespace Fecom.Training;

/// <summary>A run that was asked for because there is no champion does nothing when there is one by then.</summary>
internal static class FirstTraining
{
    public static IReadOnlyDictionary<string, object> Request { get; } =
        new Dictionary<string, object> { [TrainingJobs.OnlyWithoutChampion] = true };

    public static async Task<bool> IsNotNeededAsync(
        IJobExecutionContext context,
        ModelRegistry registry,
        string model,
        CancellationToken cancellationToken
    ) =>
        context.MergedJobDataMap.ContainsKey(TrainingJobs.OnlyWithoutChampion)
        && await registry.FindAsync(model, ModelRegistry.Champion, cancellationToken) is not null;
}
