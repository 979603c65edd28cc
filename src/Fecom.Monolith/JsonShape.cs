using System.Reflection;
using System.Text.Json;

namespace Fecom.Monolith;

/// <summary>What a place of a body is to hold, by the type that the body is read into.</summary>
internal static class JsonShape
{
    /// <param name="body">The body's type.</param>
    /// <param name="path">As in <c>instances[0].product_id</c>; empty for the body itself.</param>
    /// <param name="names">How properties are named in JSON.</param>
    /// <returns>The type at the path; null when there is none.</returns>
    public static Type? TypeAt(Type body, string path, JsonNamingPolicy? names)
    {
        Type? type = body;
        foreach (
            string step in path.Replace("[", ".[", StringComparison.Ordinal)
                .Split('.', StringSplitOptions.RemoveEmptyEntries)
        )
        {
            type =
                type is null ? null
                : step[0] == '[' ? ElementOf(type)
                : type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
                    .FirstOrDefault(property =>
                        (names?.ConvertName(property.Name) ?? property.Name).Equals(
                            step,
                            StringComparison.OrdinalIgnoreCase
                        )
                    )
                    ?.PropertyType;
        }

        return type;
    }

    /// <returns>What a list holds; null when the type is no list.</returns>
    public static Type? ElementOf(Type type) =>
        type == typeof(string) ? null
        : type.IsArray ? type.GetElementType()
        : type.GetInterfaces()
            .Append(type)
            .FirstOrDefault(one => one.IsGenericType && one.GetGenericTypeDefinition() == typeof(IEnumerable<>))
            ?.GetGenericArguments()[0];
}
