using System.Text;
using System.Text.Json;
using Fecom.Contracts;
using FsCheck;
using FsCheck.Fluent;

namespace Fecom.UnitTests.Validation;

/// <summary>Random events, good and wrong, and their fields as a reader that is not ours has them.</summary>
internal static class RandomEvents
{
    /// <summary>Values of a good event, by their keys.</summary>
    private static readonly string[] Good =
    [
        "\"2019-10-01 00:00:00 UTC\"",
        "\"view\"",
        "44600062",
        "\"u\"",
        "\"72d76fde-8bb3-4e00-8c23-a032dfed738c\"",
        "35.79",
        "null",
        "\"electronics.smartphone\"",
        "\"shiseido\"",
        "\"my-1\"",
    ];

    /// <summary>Values at the edges of one rule or another.</summary>
    private static readonly string[] Edges =
    [
        "null",
        "\"\"",
        "true",
        "false",
        "[]",
        "[1,\"a\"]",
        "{}",
        "{\"a\":{\"b\":[]}}",
        "0",
        "-0",
        "-7",
        "4.5",
        "1e2",
        "1E+3",
        "1e-30",
        "1e28",
        "1e400",
        "100000000",
        "100000000.01",
        "0.00000000000000000000000000001",
        "79228162514264337593543950336",
        $"\"{new string('x', EventRules.MaxIdLength)}\"",
        $"\"{new string('x', EventRules.MaxIdLength + 1)}\"",
        $"\"{new string('ä', EventRules.MaxTextLength)}\"",
        $"\"{new string('x', EventRules.MaxTextLength + 1)}\"",
        $"\"{new string('x', 2_000)}\"",
        new string('9', EventRules.MaxIdLength),
        new string('9', EventRules.MaxIdLength + 1),
        "\" \"",
        "\"\\u00a0\"",
        "\"\\u0000\"",
        "\"a\\nb\"",
        "\"a\\u0085b\"",
        "\"a\\u2028b\"",
        "\"a\\u007fb\"",
        "\"\\ud83d\\ude00\"",
        "\"\\ud800\"",
        "\"v\\u0069ew\"",
        "\"View\"",
        "\"purchase\"",
        "\"2019-10-01T02:00:00.123456+02:00\"",
        "\"2019-02-30 00:00:00 UTC\"",
        "\"2019-10-01 00:00:00\"",
        "\"1999-12-31 23:59:59 UTC\"",
        "\"2999-01-01T00:00:00Z\"",
        "\"0001-01-01T00:00:00+14:00\"",
        "\"AIPk\"",
    ];

    /// <summary>The fields of an event as another reader has them; null when it is no event's JSON.</summary>
    public static Dictionary<EventKey, RawField>? Fields(byte[] bytes)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return null;
            }

            Dictionary<EventKey, RawField> fields = [];
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                // Names and values of fields that no event has are passed over, also where they are no text.
                if (
                    EventRules.Everywhere.Fields.FirstOrDefault(field => property.NameEquals(field.Name))
                    is not { } known
                )
                {
                    continue;
                }

                fields[known.Key] = property.Value.ValueKind switch
                {
                    JsonValueKind.String => new(JsonTokenType.String, property.Value.GetString()),
                    JsonValueKind.Number => new(JsonTokenType.Number, property.Value.GetRawText()),
                    JsonValueKind.Null => new(JsonTokenType.Null, null),
                    JsonValueKind.True or JsonValueKind.False => new(JsonTokenType.True, null),
                    JsonValueKind.Array => new(JsonTokenType.StartArray, null),
                    _ => new(JsonTokenType.StartObject, null),
                };
            }

            return fields;
        }
        catch (Exception e) when (JsonFault.Is(e))
        {
            return null;
        }
    }

    /// <summary>Events, of which some have up to three random or wrong values, lack a field, or have one twice.</summary>
    public static Gen<string> Any() =>
        from wrong in Gen.Choose(0, 3)
        from places in Gen.Choose(0, Good.Length - 1).ArrayOf(wrong)
        from values in Value().ArrayOf(wrong)
        from left in Gen.Frequency((4, Gen.Constant(-1)), (1, Gen.Choose(0, Good.Length - 1)))
        from twice in Gen.Frequency((4, Gen.Constant(-1)), (1, Gen.Choose(0, Good.Length - 1)))
        from again in Value()
        from first in Gen.Choose(0, Good.Length - 1)
        select Write(places, values, left, twice, again, first);

    /// <summary>The same bytes, of which up to three were removed, inserted or changed.</summary>
    public static Gen<byte[]> Mangled(Gen<string> events) =>
        from json in events
        from cuts in Gen.Choose(1, 3)
        from at in Gen.Choose(0, 100_000).ArrayOf(cuts)
        from with in Gen.OneOf(Gen.Elements("{}[]\",:\\0e -\n\t"u8.ToArray()), Gen.Choose(0, 255).Select(b => (byte)b))
            .ArrayOf(cuts)
        from how in Gen.Choose(0, 2).ArrayOf(cuts)
        select Mangle(Encoding.UTF8.GetBytes(json), at, with, how);

    private static Gen<string> Value() =>
        Gen.Frequency(
            (6, Gen.Elements(Edges)),
            (2, ArbMap.Default.GeneratorFor<NonNull<string>>().Select(text => JsonSerializer.Serialize(text.Get))),
            (1, ArbMap.Default.GeneratorFor<long>().Select(number => JsonSerializer.Serialize(number))),
            (1, ArbMap.Default.GeneratorFor<decimal>().Select(number => JsonSerializer.Serialize(number))),
            (
                1,
                ArbMap.Default.GeneratorFor<DateTime>().Select(time => JsonSerializer.Serialize(time.ToUniversalTime()))
            )
        );

    private static string Write(int[] places, string[] values, int left, int twice, string again, int first)
    {
        string[] written = [.. Good];
        foreach ((int place, string value) in places.Zip(values))
        {
            written[place] = value;
        }

        StringBuilder json = new("{");
        foreach (int i in Enumerable.Range(0, Good.Length).Select(i => (i + first) % Good.Length).Where(i => i != left))
        {
            json.Append(json.Length > 1 ? "," : "").Append($"\"{((EventKey)i).Name()}\":{written[i]}");
        }

        return twice < 0 ? $"{json}}}" : $"{json}, \"other\" : [{again}],\"{((EventKey)twice).Name()}\":{again} }}";
    }

    private static byte[] Mangle(byte[] json, int[] at, byte[] with, int[] how)
    {
        List<byte> bytes = [.. json];
        for (int i = 0; i < at.Length && bytes.Count > 0; i++)
        {
            int place = at[i] % bytes.Count;
            switch (how[i])
            {
                case 0:
                    bytes.RemoveAt(place);
                    break;
                case 1:
                    bytes.Insert(place, with[i]);
                    break;
                default:
                    bytes[place] = with[i];
                    break;
            }
        }

        return [.. bytes];
    }
}
