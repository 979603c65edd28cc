using System.Text;
using System.Text.Json.Nodes;
using Avro.Generic;
using Avro.IO;
using Fecom.Contracts;
using Fecom.Validation.PublishSchemas;
using Fecom.Validation.ReadAvro;
using Xunit;

namespace Fecom.UnitTests.Validation;

/// <summary>Avro as JSON, held against the library's own writer.</summary>
public sealed class AvroJsonTests
{
    private const string Schema = """
        {"type":"record","name":"Event","namespace":"shop","fields":[
            {"name":"event_time","type":{"type":"long","logicalType":"timestamp-micros"}},
            {"name":"kind","type":{"type":"enum","name":"Kind","symbols":["view","cart"]}},
            {"name":"price","type":{"type":"bytes","logicalType":"decimal","precision":10,"scale":2}},
            {"name":"ratio","type":"double"},
            {"name":"share","type":"float"},
            {"name":"count","type":"int"},
            {"name":"is_new","type":"boolean"},
            {"name":"brand","type":["null","string"],"default":null},
            {"name":"hash","type":{"type":"fixed","name":"Hash","size":2}},
            {"name":"tags","type":{"type":"array","items":"string"}},
            {"name":"more","type":{"type":"map","values":"long"}},
            {"name":"other","type":["null","Kind"]},
            {"name":"day","type":{"type":"int","connect.name":"io.debezium.time.Date"}}]}
        """;

    private static readonly AvroType Type = AvroType.Parse(Schema, []);

    [Fact]
    public void Every_type_becomes_what_a_sender_of_JSON_would_have_written()
    {
        string? json = Json(Bytes(brand: "é"), out string? problem);

        Assert.Null(problem);
        Assert.True(
            JsonNode.DeepEquals(
                JsonNode.Parse(
                    """
                    {"event_time":"2019-10-01T00:00:00.000001Z","kind":"cart","price":-12.34,"ratio":35.79,"share":1.5,"count":-7,
                    "is_new":true,"brand":"é","hash":"AQI=","tags":["a","b"],"more":{"x":9223372036854775807},"other":"view",
                    "day":"2019-10-01T00:00:00Z"}
                    """
                ),
                JsonNode.Parse(json!)
            ),
            json
        );
        Assert.Null(JsonNode.Parse(Json(Bytes(brand: null), out _)!)!["brand"]);
    }

    [Fact]
    public void Whatever_is_cut_or_changed_is_a_problem_or_JSON_and_never_more()
    {
        byte[] whole = Bytes(brand: "brand");
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.Null(AvroJson.Write(Type, whole.AsSpan(0, length), out string? problem));
            Assert.NotNull(problem);
        }

        Assert.Null(AvroJson.Write(Type, [.. whole, 0], out string? left));
        Assert.Contains("1 bytes are left", left, StringComparison.Ordinal);
        Random random = new(7);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] changed = [.. whole];
            changed[random.Next(changed.Length)] = (byte)random.Next(256);
            if (AvroJson.Write(Type, changed, out _) is { } json)
            {
                Assert.NotNull(JsonNode.Parse(json));
            }
        }
    }

    [Theory]
    [InlineData("\"string\"", "fe ff ff ff 0f", "claims more bytes")]
    [InlineData("\"string\"", "02 ff", "not UTF-8")]
    [InlineData("\"boolean\"", "02", "a boolean is 0 or 1")]
    [InlineData("\"int\"", "80 80 80 80 20", "is no int")]
    [InlineData("\"long\"", "ff ff ff ff ff ff ff ff ff ff 01", "more than 10 bytes")]
    [InlineData("""["null","string"]""", "04", "none of the 2 types")]
    [InlineData("""{"type":"array","items":"null"}""", "fe ff ff ff ff ff ff ff ff 01", "100000 values")]
    [InlineData("""{"type":"record","name":"R","fields":[{"name":"r","type":"R"}]}""", "", "64 levels")]
    [InlineData(
        """{"type":"record","name":"R","fields":[{"name":"price","type":"double"}]}""",
        "00",
        "price: 8 bytes are expected"
    )]
    public void What_does_not_fit_is_said_with_its_field(string schema, string bytes, string expected)
    {
        Assert.Null(
            AvroJson.Write(
                AvroType.Parse(schema, []),
                Convert.FromHexString(bytes.Replace(" ", "", StringComparison.Ordinal)),
                out string? problem
            )
        );
        Assert.Contains(expected, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no JSON")]
    [InlineData("\"unknown\"")]
    [InlineData("{}")]
    [InlineData("""{"type":"record","name":"R"}""")]
    [InlineData("""{"type":"fixed","name":"F","size":-1}""")]
    public void What_is_no_schema_is_refused(string schema) =>
        Assert.Throws<InvalidDataException>(() => AvroType.Parse(schema, []));

    [Fact]
    public void The_published_schema_is_Avro_and_an_event_of_it_is_one()
    {
        string published = AvroEventSchema.Create().Document.ToJsonString();
        Avro.RecordSchema schema = (Avro.RecordSchema)Avro.Schema.Parse(published);
        GenericRecord record = new(schema);
        record.Add("event_time", new DateTime(2019, 10, 1, 0, 0, 0, DateTimeKind.Utc));
        record.Add("event_type", new GenericEnum((Avro.EnumSchema)schema["event_type"].Schema, "view"));
        record.Add("product_id", "1");
        record.Add("user_id", "7");
        record.Add("user_session", "s");
        record.Add("price", 35.79);
        foreach (Avro.Field field in schema.Fields.Where(field => !record.TryGetValue(field.Name, out object _)))
        {
            record.Add(field.Name, null);
        }

        byte[]? json = AvroJson.Write(AvroType.Parse(published, []), Bytes(schema, record), out string? problem);

        Assert.Null(problem);
        Assert.Equal("35.79", EventReader.Field(json, EventKey.Price).Text);
        Assert.Equal("2019-10-01T00:00:00Z", EventReader.Field(json, EventKey.EventTime).Text);
    }

    private static string? Json(byte[] bytes, out string? problem) =>
        AvroJson.Write(Type, bytes, out problem) is { } json ? Encoding.UTF8.GetString(json) : null;

    private static byte[] Bytes(string? brand)
    {
        Avro.RecordSchema schema = (Avro.RecordSchema)Avro.Schema.Parse(Schema);
        GenericRecord record = new(schema);
        Avro.EnumSchema kind = (Avro.EnumSchema)schema["kind"].Schema;
        record.Add("event_time", new DateTime(2019, 10, 1, 0, 0, 0, DateTimeKind.Utc).AddMicroseconds(1));
        record.Add("kind", new GenericEnum(kind, "cart"));
        record.Add("price", new Avro.AvroDecimal(-12.34m));
        record.Add("ratio", 35.79);
        record.Add("share", 1.5f);
        record.Add("count", -7);
        record.Add("is_new", true);
        record.Add("brand", brand);
        record.Add("hash", new GenericFixed((Avro.FixedSchema)schema["hash"].Schema, [1, 2]));
        record.Add("tags", new[] { "a", "b" });
        record.Add("more", new Dictionary<string, object> { ["x"] = long.MaxValue });
        record.Add("other", new GenericEnum(kind, "view"));
        record.Add("day", 18_170);
        return Bytes(schema, record);
    }

    private static byte[] Bytes(Avro.Schema schema, GenericRecord record)
    {
        using MemoryStream stream = new();
        new GenericDatumWriter<GenericRecord>(schema).Write(record, new BinaryEncoder(stream));
        return stream.ToArray();
    }
}
