using Fecom.Platform.Jobs;
using Fecom.Platform.Retention;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Features.ForgetSessions;

/// <summary>
/// Forgets the states of sessions, products and categories without events for long. The
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
        Forgotten forgotten = await ForgetAsync(cancellationToken);
        await run.ReportAsync(
            $"forgot the states of {forgotten.Sessions} sessions, {forgotten.Products} products and {forgotten.Categories} categories",
            share: 1,
            cancellationToken
        );
    }

    public async Task<Forgotten> ForgetAsync(CancellationToken cancellationToken) =>
        new(
            await ForgetAsync("features.session_state", sessions.Value.KeepDays, cancellationToken),
            await ForgetAsync("features.product_state", products.Value.KeepDays, cancellationToken),
            await ForgetAsync("features.category_state", products.Value.KeepDays, cancellationToken)
        );

    private Task<long> ForgetAsync(string table, int days, CancellationToken cancellationToken) =>
        PiecewiseDelete.RunAsync(
            database,
            table,
            "updated_at < @before",
            time.GetUtcNow().UtcDateTime.AddDays(-days),
            cancellationToken
        );
}

/// <summary>States that were forgotten, by view.</summary>
internal readonly record struct Forgotten(long Sessions, long Products, long Categories);
