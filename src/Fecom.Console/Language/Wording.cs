using System.Globalization;
using System.Resources;

namespace Fecom.WebConsole.Language;

/// <summary>The console's texts in one language.</summary>
internal sealed class Wording
{
    private readonly ResourceManager _texts;

    private Wording(string language, string name, string group, string point)
    {
        (Language, Name) = (language, name);
        _texts = new ResourceManager($"Fecom.WebConsole.Language.Texts.{language}", typeof(Wording).Assembly);
        Numbers = new NumberFormatInfo
        {
            NumberGroupSeparator = group,
            NumberDecimalSeparator = point,
            PercentGroupSeparator = group,
            PercentDecimalSeparator = point,
            PercentPositivePattern = 1,
            PercentNegativePattern = 1,
        };
    }

    public static Wording English { get; } = new("en", "English", ",", ".");

    public static Wording Vietnamese { get; } = new("vi", "Tiếng Việt", ".", ",");

    public static IReadOnlyList<Wording> All { get; } = [English, Vietnamese];

    /// <summary>Its tag: <c>en</c> or <c>vi</c>.</summary>
    public string Language { get; }

    /// <summary>Its own name.</summary>
    public string Name { get; }

    public NumberFormatInfo Numbers { get; }

    /// <summary>The text of a key.</summary>
    public string this[string key] =>
        Find(key) ?? throw new InvalidOperationException($"The console has no text '{key}' in {Language}.");

    /// <summary>The language of a tag; English when there is none of it.</summary>
    public static Wording Of(string? language) =>
        All.FirstOrDefault(wording => wording.Language == language) ?? English;

    /// <summary>The text of a key; null when there is none.</summary>
    public string? Find(string key) => _texts.GetString(key, CultureInfo.InvariantCulture);
}
