using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;
using Fecom.Platform.Requests;
using Microsoft.AspNetCore.Mvc.Abstractions;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Mvc.Infrastructure;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Fecom.Monolith;

/// <summary>
/// The API's description. Each call says what it does, its scope, and with which values it can be tried; fields are described by
/// the comments of their types (<see cref="OpenApiFields"/>).
/// </summary>
internal static class OpenApi
{
    private const string Json = "application/json";
    private const string Key = "key";

    public static void Describe(OpenApiOptions options)
    {
        options.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        OpenApiFields fields = new();
        options.CreateSchemaReferenceId = fields.NameOf;
        options.AddOperationTransformer(DescribeCallAsync);
        options.AddDocumentTransformer(
            (document, _, _) =>
            {
                document.Info = new OpenApiInfo
                {
                    Title = "Fecom",
                    Version = "v1",
                    Description =
                        "[Back to the console](/)\n\n"
                        + "Events in, purchase predictions and recommendations out. Lists take limit and cursor and answer next; "
                        + "what is wrong with a call stands in errors, by parameter or field.",
                };
                fields.Describe(document);
                document.Components ??= new OpenApiComponents();
                document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>(
                    StringComparer.Ordinal
                );
                document.Components.SecuritySchemes[Key] = new OpenApiSecurityScheme
                {
                    Type = SecuritySchemeType.Http,
                    Scheme = "bearer",
                    Description =
                        "An API key (fk_…) that has the scope of the call. Whoever has signed in, and whoever calls from the machine of a host without sign-in, needs none.",
                };
                document.Security = [new() { [new OpenApiSecuritySchemeReference(Key, document)] = [] }, new()];
                return Task.CompletedTask;
            }
        );
    }

    private static async Task DescribeCallAsync(
        OpenApiOperation operation,
        OpenApiOperationTransformerContext context,
        CancellationToken cancellationToken
    )
    {
        IList<object> metadata = context.Description.ActionDescriptor.EndpointMetadata;
        operation.Description ??= operation.Summary;
        if (metadata.OfType<ApiScope>().LastOrDefault() is { } scope)
        {
            operation.Extensions ??= new Dictionary<string, IOpenApiExtension>(StringComparer.Ordinal);
            operation.Extensions["x-scope"] = new JsonNodeExtension(scope.Name);
        }

        if (operation.RequestBody is OpenApiRequestBody body)
        {
            body.Description ??= "What the call asks for.";
            if (metadata.OfType<BodyExample>().LastOrDefault() is { } example && body.Content is { } content)
            {
                content[Json].Example = JsonNode.Parse(example.Json);
            }
        }

        foreach (OpenApiParameter parameter in operation.Parameters?.OfType<OpenApiParameter>() ?? [])
        {
            ApiParameterDescription? declared = context.Description.ParameterDescriptions.FirstOrDefault(one =>
                one.Name == parameter.Name
            );
            if (parameter.Schema is OpenApiSchema schema)
            {
                DescribeValue(schema, ParameterOf(declared?.ParameterDescriptor));
            }

            if (metadata.OfType<ParameterExample>().LastOrDefault(one => one.Parameter == parameter.Name) is { } value)
            {
                parameter.Example = Value(
                    value.Newest is { } find
                        ? await find(context.ApplicationServices, cancellationToken) ?? value.Value
                        : value.Value,
                    parameter.Schema?.Type
                );
            }
        }
    }

    /// <summary>What is left out is null, and not the text null: a parameter has no null.</summary>
    private static void DescribeValue(OpenApiSchema schema, ParameterInfo? declared)
    {
        schema.Type &= ~JsonSchemaType.Null;
        if (declared?.GetCustomAttribute<AllowedValuesAttribute>() is { } allowed)
        {
            schema.Enum = [.. allowed.Values.OfType<string>().Select(value => JsonValue.Create(value))];
        }
    }

    private static ParameterInfo? ParameterOf(ParameterDescriptor? descriptor) =>
        (descriptor as IParameterInfoParameterDescriptor)?.ParameterInfo;

    private static JsonNode Value(string text, JsonSchemaType? type) =>
        type is { } known
        && known.HasFlag(JsonSchemaType.Integer)
        && long.TryParse(text, CultureInfo.InvariantCulture, out long number)
            ? JsonValue.Create(number)
            : JsonValue.Create(text);
}
