using System.Security.Cryptography;
using System.Text;
using Fecom.Contracts;
using Fecom.Learning.Boosting;
using Fecom.Learning.NextItem;
using Fecom.Learning.Purchase;
using Fecom.Learning.Recommend;
using Fecom.Platform.Messaging;
using Fecom.Testing;

namespace Fecom.IntegrationTests.Serving;

/// <summary>An artifact root of a test's own, with models that it trains, and their announcements.</summary>
internal sealed class ModelFolder : IDisposable
{
    private static readonly DateTime Start = new(2024, 2, 1, 0, 0, 0, DateTimeKind.Utc);

    public string Path { get; } = Directory.CreateTempSubdirectory("fecom-models-").FullName;

    /// <summary>A version of the purchase model: each has one tree more than the one before.</summary>
    public ModelPromoted Purchase(int version)
    {
        Random random = new(1);
        List<BehaviorEvent> events = [];
        for (int i = 0; i < 1_000; i++)
        {
            BehaviorEvent cart = Event(
                BehaviorEventType.Cart,
                i,
                random.Next(1, 100_000) / 100m,
                random.Next(2) == 0 ? "samsung" : "xiaomi"
            );
            events.Add(cart);
            if (random.NextDouble() < (cart.Brand == "samsung" ? 0.7 : 0.2))
            {
                events.Add(Event(BehaviorEventType.Purchase, i, cart.Price, cart.Brand!));
            }
        }

        PurchaseRowFinder finder = new();
        events.ForEach(finder.Take);
        PurchaseRows rows = finder.Find(TimeZoneInfo.Utc);
        events.ForEach(rows.Take);
        BoostingOptions options = new()
        {
            Trees = 5 + version,
            EarlyStoppingRounds = 100,
            Threads = 1,
        };
        PurchaseModel model = PurchaseTrainer
            .Train(rows.Split(), options, null, TestContext.Current.CancellationToken)
            .Model;
        return Register(PurchaseModel.Kind, version, model.Save());
    }

    /// <summary>A version of the purchase model as an older release wrote it, with XGBoost's trees.</summary>
    public ModelPromoted OfXgBoost(int version)
    {
        byte[] header = Encoding.UTF8.GetBytes(
            """{"kind":"purchase","version":1,"parts":[{"name":"trees","length":3}],"model":{"features":[],"candidate":"FirstCart","xg_boost":"1.7.4","encoder":{}}}"""
        );
        byte[] artifact = [.. "FECOMML1"u8, .. BitConverter.GetBytes(header.Length), .. header, 1, 2, 3];
        return Register(PurchaseModel.Kind, version, artifact);
    }

    /// <summary>A version of the recommender, over sessions of three products each.</summary>
    public ModelPromoted Recommender(int version, params string[][] sessions)
    {
        CoVisitationBuilder builder = new(new CoVisitationOptions(), Start);
        foreach (string[] session in sessions)
        {
            SessionVisit[] visits =
            [
                .. session.Select(id => new SessionVisit(builder.Products.Number(id), BehaviorEventType.View)),
            ];
            builder.AddSession(visits, Start);
        }

        return Register(
            Learning.Recommend.Recommender.Kind,
            version,
            new Recommender(builder.Build(), ranker: null).Save()
        );
    }

    /// <summary>A version of the recommender with a ranker, over sessions that walk along products p0 to p19.</summary>
    public ModelPromoted Ranker(int version)
    {
        SessionRecommender ranker = SessionRecommender.Train(
            Enumerable.Range(0, 3_000).Select(i => new[] { $"p{i % 20}", $"p{(i + 1) % 20}", $"p{(i + 2) % 20}" }),
            new RankerOptions
            {
                TuningQuestions = 0,
                Trees = 5,
                Threads = 1,
            },
            progress: null,
            TestContext.Current.CancellationToken
        );
        CoVisitationIndex coVisits = new CoVisitationBuilder(new CoVisitationOptions(), Start).Build();
        return Register(
            Learning.Recommend.Recommender.Kind,
            version,
            new Recommender(coVisits, ranker) { LearnedUntil = Start }.Save()
        );
    }

    /// <summary>Changes a byte in the middle of a registered artifact.</summary>
    public void Corrupt(ModelPromoted promoted)
    {
        string path = System.IO.Path.Combine(Path, promoted.ArtifactPath);
        byte[] bytes = File.ReadAllBytes(path);
        bytes[bytes.Length / 2] ^= 0xff;
        File.WriteAllBytes(path, bytes);
    }

    public static Task AnnounceAsync(ServingHost host, params ModelPromoted[] promoted) =>
        host.Producer.SendAsync(
            Topics.ModelPromoted,
            [.. promoted.Select(p => new OutgoingMessage(Encoding.UTF8.GetBytes(p.Model), TopicJson.Write(p)))],
            TestContext.Current.CancellationToken
        );

    /// <summary>Announces models until they serve, as training does: an announcement from before the endpoint's start is not heard.</summary>
    public static Task ServeAsync(ServingHost host, params ModelPromoted[] promoted) =>
        Poll.UntilAsync(
            async () =>
            {
                await AnnounceAsync(host, promoted);
                await host.Barrier.PassAsync(Topics.ModelPromoted, TestContext.Current.CancellationToken);
                return promoted.All(host.Serves);
            },
            TimeSpan.FromSeconds(60),
            $"{string.Join(" and ", promoted.Select(p => $"{p.Model} version {p.Version}"))} did not come to serve"
        );

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private ModelPromoted Register(string model, int version, byte[] artifact)
    {
        string relative = $"{model}/{version}/model.bin";
        string path = System.IO.Path.Combine(Path, relative);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, artifact);
        return new ModelPromoted
        {
            Model = model,
            Version = version,
            Alias = "champion",
            ArtifactPath = relative,
            Sha256 = Convert.ToHexStringLower(SHA256.HashData(artifact)),
            PromotedAt = Start.AddMinutes(version),
            Promotion = version,
        };
    }

    private static BehaviorEvent Event(BehaviorEventType type, int session, decimal price, string brand) =>
        new()
        {
            EventId = EventId.At(1, (session * 2) + (int)type),
            EventTime = Start.AddSeconds((session * 60) + (int)type),
            EventType = type,
            ProductId = "p",
            CategoryCode = "electronics.smartphone",
            Brand = brand,
            Price = price,
            UserId = "u",
            UserSession = $"s{session}",
            Source = "test",
            Position = session,
            ReceivedAt = Start.AddSeconds((session * 60) + (int)type),
            ValidatedAt = Start,
        };
}
