using System.Text;
using System.Text.Json;

namespace Fecom.UnitTests.Validation;

/// <summary>Messages as Debezium 3.6.1 sent them in one setting or another, and one to change.</summary>
internal static class DebeziumMessages
{
    public const string Row =
        """{"id":5,"event_time":"2026-11-20T10:00:00.000000Z","event_type":"view","product_id":1,"price":2.5,"user_id":7,"user_session":"s"}""";

    public static string Change(
        string row,
        string op = "c",
        string source = """{"schema":"public","table":"events"}"""
    ) => $$"""{"before":null,"after":{{row}},"source":{{source}},"op":"{{op}}","ts_ms":1}""";

    public static IEnumerable<Line> Lines()
    {
        using StreamReader reader = new(
            typeof(DebeziumMessages).Assembly.GetManifestResourceStream("debezium.ndjson")!
        );
        while (reader.ReadLine() is { } line)
        {
            JsonElement json = JsonSerializer.Deserialize<JsonElement>(line);
            yield return new(
                json.GetProperty("case").GetString()!,
                json.GetProperty("expect").GetString()!,
                (
                    Bytes(json.GetProperty("key")),
                    Bytes(json.GetProperty("value")),
                    [
                        .. json.GetProperty("headers")
                            .EnumerateObject()
                            .Select(header => KeyValuePair.Create(header.Name, Bytes(header.Value))),
                    ]
                )
            );
        }
    }

    private static byte[] Bytes(JsonElement text) => Encoding.UTF8.GetBytes(text.GetString()!);

    public sealed record Line(
        string Case,
        string Expect,
        (byte[] Key, byte[] Value, IReadOnlyList<KeyValuePair<string, byte[]>> Headers) Message
    );
}
