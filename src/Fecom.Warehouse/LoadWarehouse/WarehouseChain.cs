using System.Globalization;
using System.Threading.Channels;
using Fecom.Platform.Storage;
using Fecom.Warehouse.BuildGold;
using Fecom.Warehouse.BuildSilver;
using Fecom.Warehouse.BuildTables;
using Fecom.Warehouse.Slices;
using Npgsql;

namespace Fecom.Warehouse.LoadWarehouse;

/// <summary>
/// Bronze to silver to gold: first the Fecom tables, then the events slice by slice. While gold takes one slice, the next one is
/// made ready for it, and silver takes the one after that. A slice that fails a rule stays where it is, and the others go on: gold
/// does not depend on their order.
/// </summary>
internal sealed class WarehouseChain(
    NpgsqlDataSource database,
    TableChain tables,
    SlicePlanner planner,
    SilverStep silver,
    GoldStep gold,
    TimeProvider time
)
{
    /// <summary>Slices that wait in silver for gold while a run goes on: one more saves no time.</summary>
    private const int Ahead = 2;

    /// <summary>Slices that are on their way to gold at once: one is written, the other is grouped or waits for its turn.</summary>
    private const int GoldSessions = 2;

    /// <param name="report">Hears after each step on a slice.</param>
    /// <param name="cancellationToken">Stops; what a step has finished stays.</param>
    public async Task<ChainProgress> RunAsync(Action<ChainProgress> report, CancellationToken cancellationToken)
    {
        IReadOnlyList<OpenSlice> slices = await planner.PlanAsync(cancellationToken);
        ChainProgress progress = new(slices.Count, slices.Sum(slice => slice.Events));
        await tables.RunAsync(progress.Tables, () => report(progress), cancellationToken);
        if (slices.Count == 0)
        {
            return progress;
        }

        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Channel<OpenSlice> inSilver = Channel.CreateBounded<OpenSlice>(Ahead);
        await Task.WhenAll([
            OrStopAsync(SilverAsync(slices, inSilver.Writer, progress, report, stop.Token), stop),
            .. Enumerable
                .Range(0, GoldSessions)
                .Select(_ => OrStopAsync(GoldAsync(inSilver.Reader, progress, report, stop.Token), stop)),
        ]);
        return progress;
    }

    /// <summary>A step that fails stops the other.</summary>
    private static async Task OrStopAsync(Task step, CancellationTokenSource stop)
    {
        try
        {
            await step;
        }
        catch
        {
            await stop.CancelAsync();
            throw;
        }
    }

    private async Task SilverAsync(
        IReadOnlyList<OpenSlice> slices,
        ChannelWriter<OpenSlice> inSilver,
        ChainProgress progress,
        Action<ChainProgress> report,
        CancellationToken cancellationToken
    )
    {
        try
        {
            foreach (OpenSlice slice in slices)
            {
                if (slice.IsSilver || await TryAsync(slice, silver.RunAsync, "silver", progress, cancellationToken))
                {
                    progress.AddSilver();
                    report(progress);
                    await inSilver.WriteAsync(slice, cancellationToken);
                }
            }
        }
        finally
        {
            inSilver.Complete();
        }
    }

    private async Task GoldAsync(
        ChannelReader<OpenSlice> inSilver,
        ChainProgress progress,
        Action<ChainProgress> report,
        CancellationToken cancellationToken
    )
    {
        await foreach (OpenSlice slice in inSilver.ReadAllAsync(cancellationToken))
        {
            if (await TryAsync(slice, gold.RunAsync, "gold", progress, cancellationToken))
            {
                progress.AddGold(slice.Events);
                report(progress);
            }
        }
    }

    /// <returns>False when the slice fails a rule.</returns>
    private async Task<bool> TryAsync(
        OpenSlice slice,
        Func<long, CancellationToken, Task> step,
        string tier,
        ChainProgress progress,
        CancellationToken cancellationToken
    )
    {
        try
        {
            await step(slice.Number, cancellationToken);
            return true;
        }
        catch (QualityException e)
        {
            await database.ExecuteAsync(
                """
                update silver.slice set failed_rule = @Rule, failed_rows = @Rows, failure = @Message, failed_at = @now
                where slice = @Number
                """,
                new
                {
                    e.Rule,
                    e.Rows,
                    e.Message,
                    slice.Number,
                    now = time.GetUtcNow().UtcDateTime,
                },
                cancellationToken
            );
            progress.AddFailure(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"slice {slice.Number}, to {tier}, rule {e.Rule}, {e.Rows} rows: {e.Message}"
                )
            );
            return false;
        }
    }
}

/// <summary>How far a run of the chain is.</summary>
internal sealed class ChainProgress(int slices, long events)
{
    private readonly Lock _gate = new();
    private readonly List<string> _failures = [];
    private int _silver;
    private int _gold;
    private long _promoted;

    /// <summary>How far the Fecom tables are.</summary>
    public TableChainProgress Tables { get; } = new();

    /// <summary>Slices that were open when the run began.</summary>
    public int Slices => slices;

    /// <summary>Whether gold has changed.</summary>
    public bool HasPromoted
    {
        get
        {
            lock (_gate)
            {
                return _gold > 0 || Tables.HasPromoted;
            }
        }
    }

    /// <summary>Whether there was anything to do.</summary>
    public bool HasWork => slices > 0 || Tables.HasWork;

    /// <summary>What failed: slice or table, rule and rows.</summary>
    public IReadOnlyList<string> Failures
    {
        get
        {
            lock (_gate)
            {
                return [.. Tables.Failures, .. _failures];
            }
        }
    }

    /// <summary>Share of the steps that are done.</summary>
    public double Share
    {
        get
        {
            lock (_gate)
            {
                int steps = (2 * slices) + Tables.Steps;
                return steps == 0 ? 1 : (_silver + _gold + Tables.DoneSteps) / (double)steps;
            }
        }
    }

    public void AddSilver()
    {
        lock (_gate)
        {
            _silver++;
        }
    }

    public void AddGold(long promoted)
    {
        lock (_gate)
        {
            _gold++;
            _promoted += promoted;
        }
    }

    public void AddFailure(string failure)
    {
        lock (_gate)
        {
            _failures.Add(failure);
        }
    }

    public override string ToString()
    {
        lock (_gate)
        {
            string ofEvents = string.Create(
                CultureInfo.InvariantCulture,
                $"bronze → silver {_silver} of {slices} slices, silver → gold {_gold} of {slices}, {_promoted:N0} of {events:N0} events promoted, {_failures.Count} slices failed a rule"
            );
            return (Tables.HasWork, slices > 0) switch
            {
                (false, _) => ofEvents,
                (true, false) => Tables.ToString(),
                _ => $"{Tables}; {ofEvents}",
            };
        }
    }
}
