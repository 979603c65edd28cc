using System.Text;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Ingestion;

namespace Fecom.Testing.Chaos;

/// <summary>A run's events, from its seed: a file, calls of the events API, and what must come of both.</summary>
public sealed class ChaosInput
{
    /// <summary>The file's name.</summary>
    public const string FileName = "chaos.csv";

    private const double InvalidShare = 0.005;
    private const int PostedUsers = 300;
    private static readonly BehaviorEventType[] Types =
    [
        BehaviorEventType.View,
        BehaviorEventType.View,
        BehaviorEventType.View,
        BehaviorEventType.Cart,
        BehaviorEventType.RemoveFromCart,
        BehaviorEventType.Purchase,
    ];

    private readonly string _path;
    private readonly List<BehaviorEvent> _some = [];
    private readonly List<BehaviorEvent> _posted = [];

    private ChaosInput(string path) => _path = path;

    /// <summary>Bodies of the calls, in the order in which they must be accepted.</summary>
    public IReadOnlyList<(string Body, int Events)> Calls { get; private set; } = [];

    /// <summary>Lines of the file that must be refused.</summary>
    public IReadOnlySet<long> InvalidLines { get; private set; } = new HashSet<long>();

    /// <summary>Makes the input: <paramref name="events"/> rows in <paramref name="folder"/>, a tenth as many events in calls.</summary>
    public static ChaosInput Make(int seed, int events, int calls, string folder)
    {
        ChaosInput input = new($"{folder}/{FileName}");
        Random random = new(~seed);
        input.WriteFile(seed, events, random);
        input.Calls = [.. Enumerable.Range(0, calls).Select(_ => input.Call(random, Math.Max(1, events / 10 / calls)))];
        return input;
    }

    /// <summary>The events that must be in the stores, those of each source in the order in which they were sent.</summary>
    /// <param name="source">The name that the host gave to the file.</param>
    public IEnumerable<BehaviorEvent> Events(string source) => ShopFile.Read(_path, source).Concat(_posted);

    /// <summary>A generated file, some of whose rows are made worthless.</summary>
    private void WriteFile(int seed, int events, Random random)
    {
        string generated = _path + ".generated";
        IngestionModule.GenerateEvents(events, seed, generated, invalid: "0", CancellationToken.None);
        HashSet<long> invalid = [];
        using (StreamWriter writer = new(_path + ".part", append: false, new UTF8Encoding(false), 1 << 16))
        {
            int line = 0;
            foreach (string row in File.ReadLines(generated))
            {
                line++;
                writer.Write(line > 1 && random.NextDouble() < InvalidShare ? Spoil(row, line, invalid) : row);
                writer.Write('\n');
                if (line % 100 == 2)
                {
                    _some.Add(ShopFile.Parse(row.Split(','), FileName, 0, line)!);
                }
            }
        }

        InvalidLines = invalid;
        File.Delete(generated);
        File.Move(_path + ".part", _path);
    }

    private static string Spoil(string row, int line, HashSet<long> invalid)
    {
        invalid.Add(line);
        string[] fields = row.Split(',');
        fields[6] = "0.00";
        return string.Join(',', fields);
    }

    /// <summary>Products and times are those of the file, so that both sources write the same products; users are the calls' own.</summary>
    private (string Body, int Events) Call(Random random, int events)
    {
        StringBuilder body = new();
        for (int i = 0; i < events; i++)
        {
            // The outbox numbers events in the order in which they were accepted, from 1.
            int position = _posted.Count + 1;
            string id = $"call-{position}";
            int user = random.Next(PostedUsers);
            BehaviorEvent e = _some[random.Next(_some.Count)] with
            {
                EventId = EventId.FromClient(id),
                EventType = Types[random.Next(Types.Length)],
                UserId = $"caller-{user}",
                UserSession = $"caller-{user}-{random.Next(4)}",
                Source = "api",
                Position = position,
            };
            _posted.Add(e);
            body.Append(Json(id, e)).Append('\n');
        }

        return (body.ToString(), events);
    }

    private static string Json(string id, BehaviorEvent e) =>
        JsonSerializer.Serialize(
            new
            {
                event_id = id,
                event_time = e.EventTime,
                event_type = e.EventType.Name(),
                product_id = e.ProductId,
                category_id = e.CategoryId,
                category_code = e.CategoryCode,
                brand = e.Brand,
                price = e.Price,
                user_id = e.UserId,
                user_session = e.UserSession,
            }
        );
}
