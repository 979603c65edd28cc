using Fecom.Platform.Storage;
using Fecom.Warehouse.Slices;
using Npgsql;

namespace Fecom.Warehouse.BuildTables;

/// <summary>
/// Works out a piece of what silver has touched of one kind: every command knows it as the temporary table <c>taken</c> of keys, each
/// with the time from which on something is new. What is made of a key is made of silver alone, so pieces may come in any order.
/// </summary>
internal sealed class GoldPiece(NpgsqlDataSource database, TimeProvider time)
{
    /// <summary>Keys of a piece: some tens of megabytes of memory.</summary>
    private const int Keys = 50_000;

    private const string Take = """
        create temporary table taken on commit drop as
        select key, since from silver.touched where kind = @kind and key > @after and key <= @upto;
        analyze taken;
        """;

    private const string Done = """
        delete from silver.touched s using taken t where s.kind = @kind and s.key = t.key;
        update silver.table_state set changes = changes + (select count(*) from taken), done_at = @now where part = 'gold';
        """;

    /// <summary>Where the piece that follows a key ends.</summary>
    /// <returns>Null when there is none.</returns>
    public async Task<string?> EndAsync(string kind, string after, CancellationToken cancellationToken) =>
        await database.ReadAsync<string?>(
            "select max(key) from (select key from silver.touched where kind = @kind and key > @after order by key limit @Keys) as piece",
            new
            {
                kind,
                after,
                Keys,
            },
            cancellationToken
        );

    /// <param name="recipe">What is made of the keys.</param>
    /// <param name="after">The piece begins behind this key.</param>
    /// <param name="upto">And ends with this one.</param>
    /// <param name="tolerance">See <see cref="WarehouseOptions.PaymentTolerance"/>.</param>
    /// <param name="cancellationToken">Gives up; nothing is changed then.</param>
    /// <returns>Keys that were worked out.</returns>
    /// <exception cref="QualityException">The piece fails a rule; gold stays as it was, and the keys stay touched.</exception>
    public async Task<long> RunAsync(
        GoldRecipe recipe,
        string after,
        string upto,
        double tolerance,
        CancellationToken cancellationToken
    )
    {
        await using SliceTransaction work = await SliceTransaction.BeginAsync(
            database,
            // Silver stays as it is meanwhile, and so does what the events say of products.
            [SliceTransaction.ToSilver, SliceTransaction.ToGold],
            [
                new("kind", recipe.Kind),
                new("after", after),
                new("upto", upto),
                new("tolerance", tolerance),
                new("now", time.GetUtcNow().UtcDateTime),
            ],
            cancellationToken
        );
        await work.ExecuteAsync(SliceTransaction.ByKeys, cancellationToken);
        await work.ExecuteAsync(Take, cancellationToken);
        foreach (string step in recipe.Steps)
        {
            await work.ExecuteAsync(step, cancellationToken);
        }

        await work.CheckAsync(recipe.Rules, cancellationToken);
        long keys = await work.ReadAsync<long>("select count(*) from taken", cancellationToken);
        await work.ExecuteAsync(Done, cancellationToken);
        await work.CommitAsync(cancellationToken);
        return keys;
    }
}

/// <summary>What gold makes of one kind of keys.</summary>
/// <param name="Kind">As in <c>silver.touched</c>.</param>
/// <param name="Name">What they are, for a person.</param>
/// <param name="Steps">The SQL, one after the other.</param>
/// <param name="Rules">What must hold afterwards.</param>
internal sealed record GoldRecipe(
    string Kind,
    string Name,
    IReadOnlyList<string> Steps,
    IReadOnlyList<QualityRule> Rules
);
