using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Fecom.Monolith;

/// <summary>What the code's own comments say of a type and its properties: the API's description says no other words.</summary>
internal static partial class XmlDocs
{
    private static readonly ConcurrentDictionary<Assembly, Dictionary<string, XElement>> Members = new();

    /// <summary>A type's summary; null when it has none.</summary>
    public static string? Of(Type type) => Text(Find(type, $"T:{NameOf(type)}")?.Element("summary"));

    /// <summary>A property's summary, or what its record says of the parameter that it comes from; null when there is neither.</summary>
    /// <param name="property">The property.</param>
    /// <param name="isSetting">Whether names stay as they are in the code, and code is marked as in Markdown.</param>
    public static string? Of(PropertyInfo property, bool isSetting = false)
    {
        Type type = property.DeclaringType!;
        return Text(Find(type, $"P:{NameOf(type)}.{property.Name}")?.Element("summary"), isSetting)
            ?? Text(
                Find(type, $"T:{NameOf(type)}")
                    ?.Elements("param")
                    .FirstOrDefault(param => (string?)param.Attribute("name") == property.Name)
            );
    }

    private static XElement? Find(Type type, string member) =>
        Members.GetOrAdd(type.Assembly, Read).GetValueOrDefault(member);

    private static string NameOf(Type type) => type.FullName!.Replace('+', '.');

    private static Dictionary<string, XElement> Read(Assembly assembly)
    {
        string file = Path.Combine(AppContext.BaseDirectory, $"{assembly.GetName().Name}.xml");
        return File.Exists(file)
            ? XDocument
                .Load(file)
                .Descendants("member")
                .ToDictionary(member => (string)member.Attribute("name")!, StringComparer.Ordinal)
            : [];
    }

    private static string? Text(XElement? element, bool isSetting = false)
    {
        if (element is null)
        {
            return null;
        }

        string text = string.Concat(element.Nodes().Select(node => TextOf(node, isSetting)));
        text = Blanks().Replace(text, " ").Trim();
        return text.Length == 0 ? null : text;
    }

    private static string TextOf(XNode node, bool isSetting) =>
        node switch
        {
            XElement { Name.LocalName: "see" } see when isSetting =>
                $"`{((string?)see.Attribute("cref"))?.Split('.')[^1]}`",
            XElement { Name.LocalName: "c" } code when isSetting => $"`{code.Value}`",
            XText text => text.Value,
            XElement { Name.LocalName: "see" } see => WireName(((string?)see.Attribute("cref"))?.Split('.')[^1] ?? ""),
            XElement { Name.LocalName: "paramref" } parameter => WireName((string?)parameter.Attribute("name") ?? ""),
            XElement element => element.Value,
            _ => "",
        };

    private static string WireName(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);

    [GeneratedRegex(@"\s+", RegexOptions.None, 1_000)]
    private static partial Regex Blanks();
}
