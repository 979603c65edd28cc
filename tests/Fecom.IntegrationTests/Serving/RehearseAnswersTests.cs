using System.Text.Json;
using Fecom.Serving.LoadModels;
using Fecom.Serving.PredictPurchase;
using Fecom.Serving.ReadOnlineStore;
using Fecom.Serving.RecommendProducts;
using Fecom.Serving.RehearseAnswers;
using Fecom.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using StackExchange.Redis;

namespace Fecom.IntegrationTests.Serving;

/// <summary>What a host does before its first request, so that this one is not slow.</summary>
public sealed class RehearseAnswersTests(Servers servers)
{
    private const int Commands = 10_000;
    private const string Session = $"fs:session:{AnswerRehearsal.Nobody}";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 180_000)]
    public async Task A_start_rehearses_by_the_online_store_and_by_both_models_and_records_nothing()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        using ModelFolder models = new();
        string database = await servers.Postgres.CreateDatabaseAsync();
        // Redis notes each command.
        await redis.ConfigureAsync("slowlog-max-len", $"{Commands}");
        await redis.ConfigureAsync("slowlog-log-slower-than", "0");
        await using (ServingHost first = await StartAsync(database, redis, models))
        {
            Assert.Contains(Session, await ReadKeysAsync(redis));

            await ModelFolder.ServeAsync(first, models.Purchase(1), models.Ranker(2));

            await Poll.UntilAsync(
                async () => (await ReadKeysAsync(redis)).Contains(Session),
                TimeSpan.FromSeconds(60),
                "the new models did not rehearse"
            );
        }

        await ReadKeysAsync(redis);
        await using (ServingHost second = await StartAsync(database, redis, models))
        {
            string[] read = await ReadKeysAsync(redis);
            Assert.Contains(Session, read);
            Assert.Contains($"fs:product:{AnswerRehearsal.Nobody}", read);
            Assert.Contains($"fs:user:{AnswerRehearsal.Nobody}", read);
            Assert.False(second.Services.GetRequiredService<OnlineStoreCircuit>().IsOpen);

            (RecommendationAnswer recommendation, PurchasePredictions predictions) = Rehearsal(second)
                .Answer(isStoreThere: true);

            Assert.Equal(2, recommendation.Model.Version);
            Assert.Equal("next_item", recommendation.Items[0].Source);
            PurchasePrediction prediction = Assert.Single(predictions.Predictions);
            Assert.Equal((1, null), (prediction.ModelVersion, prediction.Fallback));
            JsonElement latency = await second.GetAsync("/api/v1/serving/latency");
            Assert.All(
                latency.GetProperty("calls").EnumerateArray(),
                call => Assert.Equal(0, call.GetProperty("answers").GetInt64())
            );
        }

        // A host that has stopped has written all that waited.
        await using NpgsqlDataSource written = NpgsqlDataSource.Create(database);
        Assert.Equal(0, await CountAsync(written, "serving.logged_prediction"));
        Assert.Equal(0, await CountAsync(written, "serving.recommendation"));
    }

    [Fact(Timeout = 180_000)]
    public async Task A_start_goes_on_while_the_online_store_stands_still_and_ends_when_it_is_to()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        using ModelFolder models = new();
        string database = await servers.Postgres.CreateDatabaseAsync();
        await redis.HoldAsync(still: true);
        try
        {
            await using ServingHost host = await StartAsync(database, redis, models);

            JsonElement answer = await host.PredictAsync("p", "s");
            Assert.Equal("no_model", answer.GetProperty("predictions")[0].GetProperty("fallback_reason").GetString());
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
                Rehearsal(host).RunAsync(new CancellationToken(canceled: true))
            );
        }
        finally
        {
            await redis.HoldAsync(still: false);
        }
    }

    private static Task<ServingHost> StartAsync(string database, PrivateRedis redis, ModelFolder models) =>
        ServingHost.StartAsync(database, redis.ConnectionString, models.Path, ("Serving:PredictionLog:Share", "1"));

    private static AnswerRehearsal Rehearsal(ServingHost host) =>
        Assert.IsType<AnswerRehearsal>(host.Services.GetRequiredService<IAnswerRehearsal>());

    /// <summary>The keys that were read by MGET since this was asked last.</summary>
    private static async Task<string[]> ReadKeysAsync(PrivateRedis redis)
    {
        await using ConnectionMultiplexer connection = await ConnectionMultiplexer.ConnectAsync(
            $"{redis.ConnectionString},allowAdmin=true"
        );
        IServer server = connection.GetServers()[0];
        CommandTrace[] commands = await server.SlowlogGetAsync(Commands);
        await server.SlowlogResetAsync();
        return
        [
            .. commands
                .Select(command => command.Arguments)
                .Where(words => words[0] == "MGET")
                .SelectMany(words => words.Skip(1))
                .Select(key => key.ToString()),
        ];
    }

    private static async Task<long> CountAsync(NpgsqlDataSource database, string table)
    {
        await using NpgsqlCommand command = database.CreateCommand($"select count(*) from {table}");
        return (long)(await command.ExecuteScalarAsync(Cancelled))!;
    }
}
