using System.Text.Json;
using Fecom.Platform.Jobs;
using Fecom.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Fecom.IntegrationTests.Training;

/// <summary>Events that the purchase model can learn from, and its training.</summary>
internal static class CartEvents
{
    /// <summary>The condition on a session <c>s</c>, whose product costs <c>1 + s % 20</c>, under which it is bought: the cheaper, the more often.</summary>
    public const string CheapIsBought = "hashint4(s) % 20 > s % 20";

    /// <summary>The other way round.</summary>
    public const string DearIsBought = "hashint4(s) % 20 > 19 - s % 20";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>Fills bronze: sessions with a product in the cart, some of which are bought; one a minute. Products and visitors are those of one session alone, so that nothing but the price speaks for a purchase.</summary>
    public static async Task AddAsync(TrainingHost host, int sessions, DateTime start, string isBought = CheapIsBought)
    {
        await using NpgsqlCommand command = host.Database.CreateCommand(
            $"""
            insert into bronze.event (event_time, received_at, validated_at, event_id, position, event_type, product_id, category_id,
                category_code, brand, price, user_id, user_session, source)
            select at, at, at, gen_random_uuid(), s * 2 + v,
                case v when 0 then 'cart' else 'purchase' end, 'c' || s || $2::text, '1', 'toys.cars', 'b' || s % 3, 1 + s % 20,
                'u' || s || $2::text, 'cart' || s || $2::text, 'api'
            from generate_series(0, $1 - 1) s, generate_series(0, 1) v,
                lateral (select $2 + s * interval '1 minute' + v * interval '1 second' as at) moment
            where v = 0 or {isBought}
            order by s, v
            """
        );
        command.Parameters.Add(new() { Value = sessions });
        command.Parameters.Add(new() { Value = start });
        await command.ExecuteNonQueryAsync(Cancelled);
    }

    /// <summary>Trains the purchase model and waits for the end.</summary>
    /// <returns>What the run reported.</returns>
    public static async Task<string?> TrainAsync(TrainingHost host)
    {
        long job = await host
            .Services.GetRequiredService<JobStarter>()
            .StartAsync("train_purchase_model", cancellationToken: Cancelled);
        await Poll.UntilEqualAsync(
            true,
            async () =>
            {
                await using NpgsqlCommand ended = host.Database.CreateCommand(
                    "select ended_at is not null from jobs.run where id = $1"
                );
                ended.Parameters.Add(new() { Value = job });
                return await ended.ExecuteScalarAsync(Cancelled) is true;
            },
            TimeSpan.FromSeconds(120),
            "whether the training has ended"
        );
        JsonElement run = (await host.GetAsync("/api/v1/runs?limit=1")).GetProperty("runs")[0];
        return $"{run.GetProperty("state").GetString()}: {run.GetProperty("progress").GetString()}";
    }
}
