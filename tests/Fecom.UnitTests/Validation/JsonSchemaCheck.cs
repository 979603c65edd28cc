using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Fecom.UnitTests.Validation;

/// <summary>The keywords of JSON Schema 2020-12 that the published schemas use, read strictly: another one fails the test.</summary>
internal sealed class JsonSchemaCheck(JsonObject root)
{
    private static readonly string[] Annotations =
    [
        "$schema",
        "$id",
        "$comment",
        "$defs",
        "title",
        "description",
        "examples",
        "format",
    ];

    public bool Allows(JsonElement value) => Allows(root, value);

    private bool Allows(JsonObject schema, JsonElement value) =>
        schema.All(keyword => Holds(keyword.Key, keyword.Value!, value));

    private bool Holds(string keyword, JsonNode argument, JsonElement value) =>
        keyword switch
        {
            _ when Annotations.Contains(keyword) => true,
            "$ref" => Allows((JsonObject)root["$defs"]![((string)argument!).Split('/')[^1]]!, value),
            "anyOf" => argument.AsArray().Any(option => Allows((JsonObject)option!, value)),
            "allOf" => argument.AsArray().All(part => Allows((JsonObject)part!, value)),
            "enum" => argument
                .AsArray()
                .Any(member => member is null ? value.ValueKind == JsonValueKind.Null : IsText(value, (string)member!)),
            "type" => IsOf((string)argument!, value),
            "required" => value.ValueKind != JsonValueKind.Object
                || argument.AsArray().All(name => value.TryGetProperty((string)name!, out _)),
            "properties" => value.ValueKind != JsonValueKind.Object
                || argument
                    .AsObject()
                    .All(property =>
                        !value.TryGetProperty(property.Key, out JsonElement field)
                        || Allows((JsonObject)property.Value!, field)
                    ),
            "pattern" => value.ValueKind != JsonValueKind.String
                || Regex.IsMatch(
                    value.GetString()!,
                    (string)argument!,
                    RegexOptions.ECMAScript,
                    TimeSpan.FromSeconds(1)
                ),
            "minLength" => value.ValueKind != JsonValueKind.String || Length(value) >= (int)argument,
            "maxLength" => value.ValueKind != JsonValueKind.String || Length(value) <= (int)argument,
            "exclusiveMinimum" => value.ValueKind != JsonValueKind.Number
                || Number(value) > double.Parse(argument.ToJsonString(), CultureInfo.InvariantCulture),
            "maximum" => value.ValueKind != JsonValueKind.Number
                || Number(value) <= double.Parse(argument.ToJsonString(), CultureInfo.InvariantCulture),
            _ => throw new NotSupportedException(keyword),
        };

    private static bool IsOf(string type, JsonElement value) =>
        type switch
        {
            "object" => value.ValueKind == JsonValueKind.Object,
            "string" => value.ValueKind == JsonValueKind.String,
            "number" => value.ValueKind == JsonValueKind.Number,
            "integer" => value.ValueKind == JsonValueKind.Number && double.IsInteger(Number(value)),
            "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            _ => throw new NotSupportedException(type),
        };

    private static bool IsText(JsonElement value, string text) =>
        value.ValueKind == JsonValueKind.String && value.ValueEquals(text);

    private static int Length(JsonElement text) => text.GetString()!.EnumerateRunes().Count();

    private static double Number(JsonElement number) => double.Parse(number.GetRawText(), CultureInfo.InvariantCulture);
}
