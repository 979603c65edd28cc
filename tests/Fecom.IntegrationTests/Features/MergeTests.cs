using Fecom.Contracts;
using Fecom.Features.StreamFeatures;
using Fecom.Learning.Views;
using Npgsql;

namespace Fecom.IntegrationTests.Features;

/// <summary>PostgreSQL merges batches into products and categories as Learning's pure merge does, in whatever order and in whatever batches they come.</summary>
public sealed class MergeTests(Servers servers)
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task PostgreSQL_merges_random_batches_as_the_pure_merge_does()
    {
        await using NpgsqlDataSource database = NpgsqlDataSource.Create(await servers.Postgres.CreateDatabaseAsync());
        await FeatureHost.MigrateAsync(database);
        for (int seed = 1; seed <= 60; seed++)
        {
            await MergeAsync(database, seed);
        }
    }

    private static async Task MergeAsync(NpgsqlDataSource database, int seed)
    {
        Random random = new(seed);
        BehaviorEvent[] events = Events(random, prefix: $"{seed}-");
        random.Shuffle(events);
        Dictionary<string, (ProductState State, long Revision)> products = [];
        Dictionary<string, (CategoryState State, long Revision)> categories = [];
        foreach (BehaviorEvent[] batch in Batches(events, random))
        {
            (TallyTable productTallies, TallyTable categoryTallies) = (new(), new());
            foreach (BehaviorEvent e in batch)
            {
                productTallies.Add(e.ProductId, e, 0);
                categoryTallies.Add(e.CategoryId!, e, 0);
            }

            Delta<ProductState>[] productDeltas = productTallies.Deltas(ProductState.Of);
            Delta<CategoryState>[] categoryDeltas = categoryTallies.Deltas(CategoryState.Of);
            FeatureState[] expected =
            [
                .. productDeltas.Select(delta =>
                    FeatureState.OfProduct(
                        delta.Entity,
                        Merge(products, delta, ProductView.Merge),
                        products[delta.Entity].State
                    )
                ),
                .. categoryDeltas.Select(delta =>
                    FeatureState.OfCategory(
                        delta.Entity,
                        Merge(categories, delta, CategoryView.Merge),
                        categories[delta.Entity].State
                    )
                ),
            ];

            Assert.Equal(
                expected.Select(Text),
                (await WriteAsync(database, productDeltas, categoryDeltas)).Select(Text)
            );
        }

        Assert.All(
            events.GroupBy(e => e.ProductId),
            product =>
                Assert.Equal(product.Aggregate((ProductState?)null, ProductView.Step), products[product.Key].State)
        );
        Assert.All(
            events.GroupBy(e => e.CategoryId!),
            category =>
                Assert.Equal(
                    category.Aggregate((CategoryState?)null, CategoryView.Step),
                    categories[category.Key].State
                )
        );
    }

    /// <summary>Merges a delta in memory and returns the row's revision.</summary>
    private static long Merge<T>(Dictionary<string, (T State, long Revision)> rows, Delta<T> delta, Func<T, T, T> merge)
    {
        rows[delta.Entity] = rows.TryGetValue(delta.Entity, out (T State, long Revision) row)
            ? (merge(row.State, delta.State), row.Revision + 1)
            : (delta.State, Revisions.First(DateTime.UnixEpoch));
        return rows[delta.Entity].Revision;
    }

    private static async Task<List<FeatureState>> WriteAsync(
        NpgsqlDataSource database,
        Delta<ProductState>[] products,
        Delta<CategoryState>[] categories
    )
    {
        Dictionary<int, long> versions = new() { [0] = 1 };
        await using NpgsqlBatch batch = database.CreateBatch();
        batch.BatchCommands.Add(ProductStates.Merge(products, versions, DateTime.UnixEpoch));
        batch.BatchCommands.Add(CategoryStates.Merge(categories, versions, DateTime.UnixEpoch));
        await using NpgsqlDataReader reader = await batch.ExecuteReaderAsync(Cancelled);
        List<FeatureState> states = [];
        while (await reader.ReadAsync(Cancelled))
        {
            states.Add(ProductStates.Read(reader));
        }

        await reader.NextResultAsync(Cancelled);
        while (await reader.ReadAsync(Cancelled))
        {
            states.Add(CategoryStates.Read(reader));
        }

        return states;
    }

    /// <summary>Few products, few categories, few seconds, and ids that ascend in one half and descend in the other: the newest is often decided by the id.</summary>
    private static BehaviorEvent[] Events(Random random, string prefix)
    {
        SharedShop shop = new(random.Next(), partitions: 1, sessions: 1);
        return
        [
            .. Enumerable
                .Range(0, 1 + random.Next(60))
                .Select(i =>
                    shop.Next(0, "s", $"{prefix}p{random.Next(4)}").Value with
                    {
                        CategoryId = $"{prefix}c{random.Next(3)}",
                        EventTime = DateTime.UnixEpoch.AddSeconds(random.Next(4)).AddMicroseconds(random.Next(2)),
                        EventId = EventId.At((ulong)random.NextInt64(long.MinValue, long.MaxValue), i),
                    }
                ),
        ];
    }

    private static IEnumerable<BehaviorEvent[]> Batches(BehaviorEvent[] events, Random random)
    {
        int start = 0;
        while (start < events.Length)
        {
            int end = Math.Min(events.Length, start + 1 + random.Next(10));
            yield return events[start..end];
            start = end;
        }
    }

    private static string Text(FeatureState state) => $"{state.View.Name} {state.Entity} {state.Packed}";
}
