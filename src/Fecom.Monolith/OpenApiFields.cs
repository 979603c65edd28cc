using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Fecom.Contracts;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Fecom.Monolith;

/// <summary>Describes the fields of bodies and answers: what each means, which values it can have, whether it may be left out.</summary>
internal sealed class OpenApiFields
{
    private static readonly Dictionary<string, string> ProblemFields = new(StringComparer.Ordinal)
    {
        ["type"] = "Names the kind of problem (RFC 9457).",
        ["title"] = "The kind of problem, for a person.",
        ["status"] = "The HTTP status.",
        ["detail"] = "What is wrong with this call, and what would be right.",
        ["instance"] = "The address of the call.",
        ["errors"] = "What is wrong, by the name of the parameter or field.",
    };

    private readonly ConcurrentDictionary<string, Type> _types = new(StringComparer.Ordinal);

    /// <summary>The name of a type's schema, which is remembered with it.</summary>
    public string? NameOf(JsonTypeInfo info)
    {
        string? name = OpenApiOptions.CreateDefaultSchemaReferenceId(info);
        if (name is not null)
        {
            _types[name] = Nullable.GetUnderlyingType(info.Type) ?? info.Type;
        }

        return name;
    }

    public void Describe(OpenApiDocument document)
    {
        HashSet<string> bodies = Bodies(document);
        foreach (
            (string name, IOpenApiSchema component) in document.Components?.Schemas
                ?? new Dictionary<string, IOpenApiSchema>()
        )
        {
            if (component is OpenApiSchema schema && _types.TryGetValue(name, out Type? type))
            {
                Describe(schema, type, isBody: bodies.Contains(name));
            }
        }
    }

    private static void Describe(OpenApiSchema schema, Type type, bool isBody)
    {
        bool isProblem = typeof(ProblemDetails).IsAssignableFrom(type);
        schema.Description ??=
            isProblem ? "What is wrong with a call (RFC 9457)."
            : type.Namespace == typeof(JsonNode).Namespace || type == typeof(JsonElement) ? "JSON of any shape."
            : XmlDocs.Of(type);
        Dictionary<string, PropertyInfo> properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .GroupBy(property => WireName(property), StringComparer.Ordinal)
            .ToDictionary(property => property.Key, property => property.First(), StringComparer.Ordinal);
        HashSet<string> required = new(StringComparer.Ordinal);
        foreach (
            (string name, IOpenApiSchema field) in (
                schema.Properties ?? new Dictionary<string, IOpenApiSchema>()
            ).ToArray()
        )
        {
            PropertyInfo? property = properties.GetValueOrDefault(name);
            string? meaning =
                isProblem ? ProblemFields.GetValueOrDefault(name)
                : property is null ? null
                : XmlDocs.Of(property);
            bool isRequired =
                property is not null && (!isBody || property.IsDefined(typeof(RequiredAttribute), inherit: false));
            if (isRequired && !isProblem)
            {
                required.Add(name);
            }

            Describe(schema, name, field, property, meaning, isNeverNull: isBody && isRequired);
        }

        schema.Required = required;
    }

    private static void Describe(
        OpenApiSchema parent,
        string name,
        IOpenApiSchema field,
        PropertyInfo? property,
        string? meaning,
        bool isNeverNull
    )
    {
        // A reference without a description of its own shows that of what it refers to, which the document does not repeat here.
        field.Description = field is OpenApiSchemaReference ? meaning : field.Description ?? meaning;
        if (field is not OpenApiSchema schema || property is null)
        {
            return;
        }

        if (IdsOf(property) is { } ids)
        {
            schema = Ids(schema, ids);
            schema.Description = meaning;
            parent.Properties![name] = schema;
        }

        if (isNeverNull)
        {
            schema.Type &= ~JsonSchemaType.Null;
        }

        if (property.GetCustomAttribute<AllowedValuesAttribute>() is { } allowed)
        {
            schema.Enum =
            [
                .. allowed
                    .Values.Where(value => value is not null || !isNeverNull)
                    .Select(value => value is null ? JsonNullSentinel.JsonNull : JsonValue.Create((string)value)),
            ];
        }
    }

    /// <summary>An id is an integer or a text in what callers send, and the schema of a converter's own says nothing.</summary>
    private static OpenApiSchema Ids(OpenApiSchema schema, Type converter)
    {
        OpenApiSchema id = new()
        {
            Type = JsonSchemaType.Integer | JsonSchemaType.String,
            MaxLength = EventRules.MaxIdLength,
        };
        return converter == typeof(OpaqueIdConverter)
            ? id
            : new OpenApiSchema
            {
                Type = JsonSchemaType.Array,
                Items = id,
                MinItems = schema.MinItems,
                MaxItems = schema.MaxItems,
            };
    }

    private static Type? IdsOf(PropertyInfo property) =>
        property.GetCustomAttribute<JsonConverterAttribute>()?.ConverterType is { } converter
        && (converter == typeof(OpaqueIdConverter) || converter == typeof(OpaqueIdListConverter))
            ? converter
            : null;

    private static string WireName(PropertyInfo property) =>
        property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name
        ?? JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name);

    /// <summary>The schemas of what callers send: a field of these may be left out, one of an answer never is.</summary>
    private static HashSet<string> Bodies(OpenApiDocument document)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        Queue<IOpenApiSchema> open = new(
            document
                .Paths.Values.SelectMany(path => path.Operations?.Values ?? Enumerable.Empty<OpenApiOperation>())
                .SelectMany(call => call.RequestBody?.Content?.Values ?? Enumerable.Empty<OpenApiMediaType>())
                .Select(content => content.Schema)
                .OfType<IOpenApiSchema>()
        );
        while (open.TryDequeue(out IOpenApiSchema? schema))
        {
            if (schema is OpenApiSchemaReference { Reference.Id: { } name } && !names.Add(name))
            {
                continue;
            }

            foreach (IOpenApiSchema part in Parts(schema))
            {
                open.Enqueue(part);
            }
        }

        return names;
    }

    private static IEnumerable<IOpenApiSchema> Parts(IOpenApiSchema schema) =>
        [
            .. schema.Properties?.Values ?? Enumerable.Empty<IOpenApiSchema>(),
            .. schema.OneOf ?? Enumerable.Empty<IOpenApiSchema>(),
            .. schema.AnyOf ?? Enumerable.Empty<IOpenApiSchema>(),
            .. schema.Items is { } items ? [items] : Enumerable.Empty<IOpenApiSchema>(),
        ];
}
