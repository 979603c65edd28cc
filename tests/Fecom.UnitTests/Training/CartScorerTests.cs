using System.Globalization;
using System.IO.Compression;
using System.Text;
using Fecom.Contracts;
using Fecom.Ingestion;
using Fecom.Training;
using Fecom.Training.ScorePurchases;
using Fecom.UnitTests.Learning;
using Fecom.UnitTests.Learning.Purchase;
using Xunit;

namespace Fecom.UnitTests.Training;

public sealed class CartScorerTests : IDisposable
{
    private const string Header =
        "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session";

    private readonly string _folder = Directory.CreateTempSubdirectory("fecom-score-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>What happens after a session's last row, in other sessions of the file too, changes nothing of what is known at it.</summary>
    [Fact]
    public void Rows_SeeWhatHappenedBeforeTheLastEventAndNothingBehindIt()
    {
        BehaviorEvent[] asked =
        [
            Of(BehaviorEventType.View, "a", 100, "one", "u"),
            Of(BehaviorEventType.Cart, "a", 110, "one", "u"),
        ];
        BehaviorEvent[] before = [Of(BehaviorEventType.Cart, "a", 50, "early", "u")];
        BehaviorEvent[] behind =
        [
            Of(BehaviorEventType.Purchase, "a", 110, "two", "u"),
            Of(BehaviorEventType.Purchase, "a", 120, "two", "u"),
        ];

        CartRow alone = CartScorer.Rows(before, asked, TimeZoneInfo.Utc).Single();
        CartRow among = CartScorer
            .Rows(before, [.. asked, .. behind], TimeZoneInfo.Utc)
            .Single(row => row.Event.UserSession == "one");

        Assert.Equal(alone.Features.Original, among.Features.Original);
        Assert.Equal(alone.Features.More, among.Features.More);
        Assert.Equal(1f, alone.Features.ValueOf("user_cart_sessions"));
        Assert.Equal(2, alone.Features.Original.ActivityCount);
        Assert.Equal(10f, alone.Features.ValueOf("session_product_step_seconds"));
    }

    [Fact]
    public void Describe_TheSameFileTwice_GivesTheSameFingerprint_AndOneWithAnotherPriceAnother()
    {
        BehaviorEvent[] events = [.. GeneratedSessions.Of(50, 1, BehaviorEventType.Cart)];
        string first = Write("first.csv", events);
        events[7] = events[7] with { Price = events[7].Price + 1 };
        string second = Write("second.csv", events);

        string known = Describe(first);

        Assert.Matches(@"^Data: \d+ events from .+ to .+ UTC, fingerprint [0-9a-f]{64}$", known);
        Assert.Equal(known, Describe(first));
        Assert.NotEqual(known, Describe(second));

        static string Describe(string file) =>
            CartScorer.Describe(CartScorer.InTime(IngestionModule.ReadEvents(file, "train", TextWriter.Null)));
    }

    [Fact]
    public void Score_WritesALineASessionInTheOrderOfTheFile()
    {
        string train = Write("train.csv", GeneratedSessions.Of(1_500, 1, BehaviorEventType.Cart));
        string carts = Write(
            "carts.csv",
            [
                Of(BehaviorEventType.Cart, "p", 100_010, "later", "v"),
                Of(BehaviorEventType.View, "other1", 100_000, "sooner", "w"),
                Of(BehaviorEventType.Cart, "p", 100_005, "sooner", "w"),
            ]
        );
        string output = Path.Combine(_folder, "out.csv");

        TrainingModule.Score(
            IngestionModule.ReadEvents(train, "train", TextWriter.Null),
            IngestionModule.ReadEvents(carts, "carts", TextWriter.Null),
            output,
            TimeZoneInfo.Utc,
            TextWriter.Null,
            TestContext.Current.CancellationToken
        );

        string[][] lines = [.. File.ReadAllLines(output).Select(line => line.Split(','))];
        Assert.Equal(["user_session", "product_id", "probability"], lines[0]);
        Assert.Equal([("later", "p"), ("sooner", "p")], lines[1..].Select(line => (line[0], line[1])));
        Assert.All(lines[1..], line => Assert.InRange(double.Parse(line[2], CultureInfo.InvariantCulture), 0.0, 1.0));
        Assert.False(File.Exists(output + ".part"));
    }

    [Fact]
    public void Score_WhenThereIsTooLittleToLearnFrom_SaysSoAndLeavesNoFile()
    {
        BehaviorEvent[] few = [Of(BehaviorEventType.Cart, "p", 1, "s", "u")];
        string output = Path.Combine(_folder, "out.csv");

        string message = Assert
            .Throws<InvalidDataException>(() =>
                TrainingModule.Score(
                    few,
                    few,
                    output,
                    TimeZoneInfo.Utc,
                    TextWriter.Null,
                    TestContext.Current.CancellationToken
                )
            )
            .Message;

        Assert.Contains("at least 30 bought", message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public void ReadEvents_LeavesOutWhatBreaksARuleAndSaysWhatWasFirst()
    {
        string file = Path.Combine(_folder, "events.csv");
        File.WriteAllText(
            file,
            $"""
            {Header}
            2019-10-01 00:00:00 UTC,view,1,2,,,10.5,3,s
            2019-10-01 00:00:01 UTC,view,1,2,,,0,3,s
            2019-10-01 00:00:02 UTC,looked,1,2,,,10.5,3,s

            """
        );
        StringWriter log = new();

        BehaviorEvent only = Assert.Single(IngestionModule.ReadEvents(file, "events", log));

        Assert.Equal(
            ("1", "2", null, null, 10.5m, "3", "s", "file:events", 2L),
            (
                only.ProductId,
                only.CategoryId,
                only.CategoryCode,
                only.Brand,
                only.Price,
                only.UserId,
                only.UserSession,
                only.Source,
                only.Position
            )
        );
        Assert.Contains("2 rows are left out; the first, line 3: price", log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void ReadEvents_OfACompressedFileThatIsNotWhole_Refuses()
    {
        const string Row = "2019-10-01 00:00:00 UTC,view,1,2,,,10.5,3,s";
        string rows = string.Concat(Enumerable.Range(0, 2_000).Select(i => $"{Row}{i * 7_919 % 2_000}\n"));
        byte[] content = Encoding.UTF8.GetBytes($"{Header}\n{rows}");
        using MemoryStream zipped = new();
        using (GZipStream gzip = new(zipped, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(content);
        }

        string file = Path.Combine(_folder, "events.csv.gz");
        File.WriteAllBytes(file, zipped.ToArray());
        Assert.Equal(2_000, IngestionModule.ReadEvents(file, "events", TextWriter.Null).Count);

        File.WriteAllBytes(file, zipped.ToArray()[..(int)(zipped.Length / 2)]);
        string cut = Assert
            .Throws<ArgumentException>(() => IngestionModule.ReadEvents(file, "events", TextWriter.Null))
            .Message;
        Assert.StartsWith($"{file}: The compressed file ends early, in line ", cut, StringComparison.Ordinal);

        // A second part, whose first block is of a kind that does not exist.
        byte[] end = zipped.ToArray();
        end[10] = 0xff;
        File.WriteAllBytes(file, [.. zipped.ToArray(), .. end]);
        string broken = Assert
            .Throws<ArgumentException>(() => IngestionModule.ReadEvents(file, "events", TextWriter.Null))
            .Message;
        Assert.StartsWith($"{file}: The compressed data is damaged in line ", broken, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadEvents_OfAPlainFileWithoutAFinalLineBreak_TakesItsLastRow()
    {
        string file = Path.Combine(_folder, "events.csv");
        File.WriteAllText(file, $"{Header}\n2019-10-01 00:00:00 UTC,view,1,2,,,10.5,3,s");

        Assert.Single(IngestionModule.ReadEvents(file, "events", TextWriter.Null));
    }

    private string Write(string name, IEnumerable<BehaviorEvent> events)
    {
        string file = Path.Combine(_folder, name);
        File.WriteAllLines(
            file,
            events
                .Select(e =>
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{e.EventTime:yyyy-MM-dd HH:mm:ss} UTC,{e.EventType.Name()},{e.ProductId},{e.CategoryId},{e.CategoryCode},{e.Brand},{e.Price},{e.UserId},{e.UserSession}"
                    )
                )
                .Prepend(Header)
        );
        return file;
    }

    private static BehaviorEvent Of(BehaviorEventType type, string product, int seconds, string session, string user) =>
        Events.Of(type, product, seconds, session: session, user: user, id: seconds) with
        {
            EventId = EventId.At(EventId.HashSource(session), seconds),
            Source = "file:test",
        };
}
