using System.Collections;
using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;

namespace Fecom.Platform.Settings;

/// <summary>One key of the configuration.</summary>
/// <param name="Key">Its path, such as <c>Jobs:EtlWorkers</c>.</param>
/// <param name="Type">What its value is read as.</param>
/// <param name="Default">What holds when it is not set; null for nothing.</param>
/// <param name="Property">Where it is read into; null for a key that no options class has.</param>
public sealed record Setting(string Key, Type Type, object? Default, PropertyInfo? Property = null)
{
    private static readonly string[] Secrets =
    [
        "Password",
        "Secret",
        "SecretKey",
        "AccessKey",
        "ApiKey",
        "Token",
        "ConnectionString",
        "Hash",
    ];

    /// <summary>The key as an environment variable.</summary>
    public string Variable => Key.Replace(":", "__", StringComparison.Ordinal);

    /// <summary>Whether it holds a password or a key, which is not to be shown.</summary>
    public bool IsSecret =>
        Array.Exists(Secrets, word => Key.EndsWith(word, StringComparison.OrdinalIgnoreCase))
        || Key.StartsWith("ConnectionStrings:", StringComparison.Ordinal);

    /// <summary>Whether it is a list or a dictionary, with keys of its own.</summary>
    public bool IsOpen => Type != typeof(string) && typeof(IEnumerable).IsAssignableFrom(Type);

    /// <summary>What a value may be, as it stands after "is expected": <c>a whole number from 0 to 64</c>.</summary>
    public string Expected
    {
        get
        {
            Type type = Nullable.GetUnderlyingType(Type) ?? Type;
            if (Attribute<AllowedValuesAttribute>() is { } allowed)
            {
                return $"one of {string.Join(", ", allowed.Values)}";
            }

            string kind =
                type.IsEnum ? $"one of {string.Join(", ", Enum.GetNames(type))}"
                : type == typeof(TimeSpan) ? "a duration such as 00:00:30 or 1.12:00:00 (days.hours:minutes:seconds)"
                : Type.GetTypeCode(type) switch
                {
                    TypeCode.Boolean => "true or false",
                    TypeCode.Double or TypeCode.Single or TypeCode.Decimal => "a number",
                    >= TypeCode.SByte and <= TypeCode.UInt64 => "a whole number",
                    TypeCode.DateTime => "a time such as 2026-01-31T12:00:00Z",
                    _ when type == typeof(DateTimeOffset) => "a time such as 2026-01-31T12:00:00Z",
                    _ => "a text",
                };
            return Attribute<RangeAttribute>() is { } range
                ? $"{kind} from {Number(range.Minimum)} to {Number(range.Maximum)}"
                : kind;
        }
    }

    /// <summary>The keys of a section, those of its subsections among them.</summary>
    public static IEnumerable<Setting> Of(SettingsSection section) =>
        Of(section.Name, section.Options, Activator.CreateInstance(section.Options, nonPublic: true)!);

    /// <summary>What is wrong with a value, in words that need the key before them; null when nothing is.</summary>
    public string? Problem(string value)
    {
        if (IsOpen)
        {
            return null;
        }

        object? read;
        try
        {
            read =
                Nullable.GetUnderlyingType(Type) is not null && value.Length == 0
                    ? null
                    : TypeDescriptor.GetConverter(Type).ConvertFromInvariantString(value);
        }
        catch (Exception e) when (e is FormatException or ArgumentException or NotSupportedException)
        {
            return Expected;
        }

        ValidationAttribute[] checks = [.. Property?.GetCustomAttributes<ValidationAttribute>() ?? []];
        ValidationAttribute? broken = Array.Find(checks, check => !check.IsValid(read));
        return broken switch
        {
            null => null,
            RangeAttribute or AllowedValuesAttribute => Expected,
            RequiredAttribute => "a text that is not empty",
            RegularExpressionAttribute { ErrorMessage: null } form => $"{Expected} of the form {form.Pattern}",
            { ErrorMessage: { } words } => words,
            _ => broken.FormatErrorMessage(Key),
        };
    }

    private static IEnumerable<Setting> Of(string path, Type options, object defaults)
    {
        foreach (
            PropertyInfo property in options
                .GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .Where(property => property.SetMethod is { IsPublic: true } || IsFilled(property.PropertyType))
        )
        {
            string key = $"{path}:{property.Name}";
            object? value = property.GetValue(defaults);
            Type type = property.PropertyType;
            if (!IsSection(type))
            {
                yield return new Setting(key, type, value, property);
                continue;
            }

            foreach (Setting inner in Of(key, type, value ?? Activator.CreateInstance(type, nonPublic: true)!))
            {
                yield return inner;
            }
        }
    }

    /// <summary>A collection that the settings are added to needs no setter.</summary>
    private static bool IsFilled(Type type) =>
        type.IsGenericType
        && type.GetGenericTypeDefinition() is { } generic
        && (
            generic == typeof(IList<>)
            || generic == typeof(ICollection<>)
            || generic == typeof(IDictionary<,>)
            || generic == typeof(List<>)
            || generic == typeof(Dictionary<,>)
        );

    private static bool IsSection(Type type) =>
        type.IsClass && type != typeof(string) && !typeof(IEnumerable).IsAssignableFrom(type);

    private T? Attribute<T>()
        where T : Attribute => Property?.GetCustomAttribute<T>();

    private static string Number(object bound) =>
        bound switch
        {
            long.MaxValue => "2^63 - 1",
            int.MaxValue => "2^31 - 1",
            IFormattable number and not TimeSpan => number.ToString("#,0.###", CultureInfo.InvariantCulture),
            _ => $"{bound}",
        };
}
