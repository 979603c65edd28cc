using Fecom.Features.StreamFeatures;
using Fecom.Learning.Views;
using Fecom.Platform.Jobs;
using Fecom.Platform.Retention;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Features.ForgetSessions;

/// <summary>
/// Forgets the states without events for long. The
/// online store has let go of those states before, by their time to live; where it has not, the next state still takes the
/// place of the old one, since its revision is above all earlier ones.
/// </summary>
internal sealed class ForgetSessionsJob(
    NpgsqlDataSource database,
    IOptions<SessionOptions> sessions,
    IOptions<ProductOptions> products,
    TimeProvider time
) : IJob
{
    public const string Name = "forget_sessions";

    public async Task RunAsync(JobRun run, CancellationToken cancellationToken)
    {
        Dictionary<string, long> forgotten = await ForgetAsync(cancellationToken);
        await run.ReportAsync(
            $"forgot states: {string.Join(", ", forgotten.Select(view => $"{view.Key} {view.Value}"))}",
            share: 1,
            cancellationToken
        );
    }

    /// <returns>How many of each view.</returns>
    public async Task<Dictionary<string, long>> ForgetAsync(CancellationToken cancellationToken)
    {
        Dictionary<string, long> forgotten = [];
        foreach (StateTable table in StateTable.All)
        {
            int days = table.View == FeatureViews.Session ? sessions.Value.KeepDays : products.Value.KeepDays;
            forgotten[table.View.Name] = await PiecewiseDelete.RunAsync(
                database,
                table.Name,
                "updated_at < @before",
                time.GetUtcNow().UtcDateTime.AddDays(-days),
                cancellationToken
            );
        }

        return forgotten;
    }
}
