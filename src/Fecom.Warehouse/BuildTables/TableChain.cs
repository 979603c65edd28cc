using System.Globalization;
using Fecom.Contracts;
using Fecom.Platform.Storage;
using Fecom.Warehouse.Slices;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Warehouse.BuildTables;

/// <summary>
/// The Fecom tables from bronze to silver to gold. A table or a piece that fails a rule stays where it is, and the others go on: gold
/// does not depend on their order.
/// </summary>
internal sealed class TableChain(
    NpgsqlDataSource database,
    TableStep silver,
    GoldPiece gold,
    IOptions<WarehouseOptions> options,
    TimeProvider time
)
{
    private const string GoldPart = "gold";

    /// <summary>Dimensions come before the orders that refer to them.</summary>
    private static readonly GoldRecipe[] Recipes =
    [
        Dimension.Customers,
        Dimension.Sellers,
        Dimension.Products,
        Orders.Recipe,
    ];

    /// <param name="progress">Is kept up to date.</param>
    /// <param name="report">Is called after each step.</param>
    /// <param name="cancellationToken">Stops; what a step has finished stays.</param>
    public async Task RunAsync(TableChainProgress progress, Action report, CancellationToken cancellationToken)
    {
        (long changes, bool hasWork) = await database.ReadAsync<(long, bool)>(
            """
            select coalesce((select sum(changes) from bronze.change_batch), 0)::bigint,
                exists (select from bronze.change_batch) or exists (select from silver.touched)
            """,
            null,
            cancellationToken
        );
        if (!hasWork)
        {
            return;
        }

        progress.Begin(changes, FecomTables.All.Count + Recipes.Length);
        foreach (FecomTable table in FecomTables.All)
        {
            await SilverAsync(table, progress, report, cancellationToken);
            progress.EndStep();
        }

        bool isWhole = true;
        foreach (GoldRecipe recipe in Recipes)
        {
            isWhole &= await GoldAsync(recipe, progress, report, cancellationToken);
            progress.EndStep();
        }

        if (isWhole)
        {
            await MendAsync(GoldPart, cancellationToken);
        }

        progress.SetWaiting(
            await database.ReadAsync<long>("select count(*) from silver.waiting_order", null, cancellationToken)
        );
        report();
    }

    private async Task SilverAsync(
        FecomTable table,
        TableChainProgress progress,
        Action report,
        CancellationToken cancellationToken
    )
    {
        bool isWhole = true;
        long after = 0;
        while (await silver.EndAsync(table, after, cancellationToken) is (long upto, long changes))
        {
            try
            {
                await silver.RunAsync(table, after, upto, cancellationToken);
                progress.AddSilver(changes);
                report();
            }
            catch (QualityException e)
            {
                isWhole = false;
                await FailAsync(table.Name, e, cancellationToken);
                progress.AddFailure(Failure($"table {table.Name}, to silver", e));
            }

            after = upto;
        }

        if (isWhole && after > 0)
        {
            await MendAsync(table.Name, cancellationToken);
        }
    }

    /// <returns>False when a piece fails a rule.</returns>
    private async Task<bool> GoldAsync(
        GoldRecipe recipe,
        TableChainProgress progress,
        Action report,
        CancellationToken cancellationToken
    )
    {
        bool isWhole = true;
        string after = "";
        while (await gold.EndAsync(recipe.Kind, after, cancellationToken) is { } upto)
        {
            try
            {
                progress.AddGold(
                    recipe.Name,
                    await gold.RunAsync(recipe, after, upto, options.Value.PaymentTolerance, cancellationToken)
                );
                report();
            }
            catch (QualityException e)
            {
                isWhole = false;
                await FailAsync(GoldPart, e, cancellationToken);
                progress.AddFailure(Failure($"{recipe.Name} {after} to {upto}, to gold", e));
            }

            after = upto;
        }

        return isWhole;
    }

    private Task MendAsync(string part, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            "update silver.table_state set failed_rule = null, failed_rows = null, failure = null, failed_at = null where part = @part",
            new { part },
            cancellationToken
        );

    private Task FailAsync(string part, QualityException e, CancellationToken cancellationToken) =>
        database.ExecuteAsync(
            """
            update silver.table_state set failed_rule = @Rule, failed_rows = @Rows, failure = @Message, failed_at = @now
            where part = @part
            """,
            new
            {
                e.Rule,
                e.Rows,
                e.Message,
                part,
                now = time.GetUtcNow().UtcDateTime,
            },
            cancellationToken
        );

    private static string Failure(string where, QualityException e) =>
        string.Create(CultureInfo.InvariantCulture, $"{where}, rule {e.Rule}, {e.Rows} rows: {e.Message}");
}
