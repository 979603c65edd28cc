using System.Text.Json;
using Fecom.Contracts;
using Fecom.Learning.Purchase;
using Fecom.Platform.Messaging;
using Fecom.Serving.DeleteUsers;
using Fecom.Serving.LogPredictions;
using Fecom.Testing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Fecom.IntegrationTests.Serving;

/// <summary>Predictions are logged as they were answered; a user's go when the user does, and old ones by the day.</summary>
public sealed class LogPredictionsTests(Servers servers)
{
    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 180_000)]
    public async Task A_prediction_is_logged_with_what_it_was_made_from_and_goes_with_its_user_or_its_age()
    {
        await using PrivateRedis redis = await PrivateRedis.StartAsync();
        using ModelFolder models = new();
        await using ServingHost host = await ServingHost.StartAsync(
            await servers.Postgres.CreateDatabaseAsync(),
            redis.ConnectionString,
            models.Path,
            ("Serving:PredictionLog:Share", "1")
        );
        await ModelFolder.ServeAsync(host, models.Purchase(1));
        EventMaker maker = new(seed: 21, users: 20, invalid: 0);
        BehaviorEvent[] events = await SendAsync(host, [.. Enumerable.Range(0, 500).Select(_ => maker.Next())]);
        BehaviorEvent[] newest =
        [
            .. events.GroupBy(e => e.UserSession).Select(visit => visit.MaxBy(e => e.EventTime)!),
        ];

        foreach (BehaviorEvent e in newest)
        {
            JsonElement answer = await host.PredictAsync(e.ProductId, e.UserSession);
            Assert.Equal(1, answer.GetProperty("model").GetProperty("version").GetInt32());
        }

        await LogsAsync(host, newest.Length);
        Assert.Equal(
            0,
            await CountAsync(host, "version <> 1 or model <> 'purchase' or user_id is null or at > predicted_at")
        );
        Assert.Equal(
            newest.Length,
            await CountAsync(
                host,
                $"layout = '{PurchaseFeatures.Layout}' and cardinality(more) = {PurchaseFeatures.Count} and activity_count > 0"
            )
        );
        BehaviorEvent one = newest[0];
        float logged = await ReadAsync<float>(
            host,
            $"select probability from serving.logged_prediction where user_session = '{one.UserSession}'"
        );
        JsonElement again = await host.PredictAsync(one.ProductId, one.UserSession);
        Assert.Equal(again.GetProperty("predictions")[0].GetProperty("probability").GetSingle(), logged);
        await LogsAsync(host, newest.Length + 1);

        await DeletesAsync(host, one);
        await ForgetsAsync(host);
    }

    /// <summary>What is written already goes, and what waits in memory is not written; what they do later is new.</summary>
    private static async Task DeletesAsync(ServingHost host, BehaviorEvent one)
    {
        long others = await CountAsync(host, $"user_id <> '{one.UserId}'");
        UsersPredictions records = host.Services.GetServices<IUserRecords>().OfType<UsersPredictions>().Single();
        DateTime until = DateTime.UnixEpoch.AddDays(30_000);
        string[] sessions = [.. Enumerable.Range(0, 3).Select(i => $"{one.UserId}-s{i}")];

        IReadOnlyDictionary<string, long> deleted = await records.DeleteAsync(
            new DeletedUser(one.UserId, until, sessions),
            Cancelled
        );

        Assert.True(deleted["predictions"] >= 2);
        Assert.Equal(others, await CountAsync(host, "true"));
        PredictionLog log = host.Services.GetRequiredService<PredictionLog>();
        LoggedPrediction before = Prediction(one.UserId, "elsewhere", until);
        log.Add(before);
        log.Add(Prediction(null, sessions[0], until));
        log.Add(Prediction(one.UserId, sessions[0], until.AddSeconds(1)));
        log.Add(Prediction("somebody", "else", until));
        await LogsAsync(host, others + 2);
        Assert.Equal(1, await CountAsync(host, $"user_id = '{one.UserId}'"));
        IReadOnlyDictionary<string, long> again = await records.DeleteAsync(
            new DeletedUser(one.UserId, until, sessions),
            Cancelled
        );
        Assert.Equal(0, again["predictions"]);
    }

    private static async Task ForgetsAsync(ServingHost host)
    {
        PredictionTable table = host.Services.GetRequiredService<PredictionTable>();
        DateTime old = new(2020, 5, 1, 12, 0, 0, DateTimeKind.Utc);
        long kept = await CountAsync(host, "true");
        await table.WriteAsync([Prediction("old", "a", old), Prediction("old", "b", old.AddDays(1))], Cancelled);

        Assert.Equal(1, await table.ForgetAsync(old.AddDays(1), Cancelled));

        Assert.Equal(1, await CountAsync(host, "user_id = 'old'"));
        Assert.Equal(kept + 1, await CountAsync(host, "true"));
        // The day that is gone can come again.
        Assert.Equal(1, await table.ForgetAsync(old.AddDays(2), Cancelled));
        LoggedPrediction[] late = [Prediction("old", "b", old.AddDays(1))];
        await Assert.ThrowsAsync<PostgresException>(() => table.WriteAsync([.. late], Cancelled));
        await table.WriteAsync([.. late], Cancelled);
        Assert.Equal(kept + 1, await CountAsync(host, "true"));
    }

    private static LoggedPrediction Prediction(string? user, string session, DateTime at) =>
        new()
        {
            PredictedAt = at,
            At = at,
            Model = PurchaseModel.Kind,
            Version = 1,
            UserId = user,
            UserSession = session,
            ProductId = "p",
            Probability = 0.5f,
            IsValid = true,
            Features = PurchaseFeatures.Of(
                new Learning.Views.SessionFeatures
                {
                    EventWeekday = 0,
                    ActivityCount = 1,
                    Price = 1,
                }
            ),
        };

    private static async Task<BehaviorEvent[]> SendAsync(
        ServingHost host,
        (OutgoingMessage Message, BehaviorEvent? Event)[] made
    )
    {
        await host.Producer.SendAsync(Topics.RawUserBehavior, [.. made.Select(one => one.Message)], Cancelled);
        await host.Barrier.PassAsync(Topics.RawUserBehavior, Cancelled);
        await host.Barrier.PassAsync(Topics.ValidatedUserBehavior, Cancelled);
        return [.. made.Select(one => one.Event!)];
    }

    private static Task LogsAsync(ServingHost host, long expected) =>
        Poll.UntilEqualAsync(expected, () => CountAsync(host, "true"), TestTimeout, "logged predictions");

    private static Task<long> CountAsync(ServingHost host, string condition) =>
        ReadAsync<long>(host, $"select count(*) from serving.logged_prediction where {condition}");

    private static async Task<T> ReadAsync<T>(ServingHost host, string sql)
    {
        await using NpgsqlCommand command = host.Database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(Cancelled))!;
    }
}
