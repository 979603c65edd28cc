using System.Collections;
using System.Globalization;
using System.Resources;
using System.Text.RegularExpressions;
using Fecom.Testing;
using Fecom.WebConsole.Language;
using Xunit;

namespace Fecom.UnitTests.WebConsole;

/// <summary>Every text of the console is there in every language, and every page finds its texts.</summary>
public sealed partial class WordingTests
{
    private static readonly string Folder = $"{Repository.Root}/src/Fecom.Console";

    public static TheoryData<string> Languages => [.. Wording.All.Select(wording => wording.Language)];

    [Fact]
    public void Languages_have_the_same_texts() => Assert.Equal(Texts("en").Keys, Texts("vi").Keys);

    [Theory]
    [MemberData(nameof(Languages))]
    public void A_text_has_words_and_the_places_of_the_english_one(string language)
    {
        SortedDictionary<string, string> english = Texts("en");

        Assert.All(
            Texts(language),
            text =>
            {
                Assert.False(string.IsNullOrWhiteSpace(text.Value), text.Key);
                Assert.Equal(Places(english[text.Key]), Places(text.Value));
            }
        );
    }

    [Fact]
    public void Pages_name_texts_that_there_are()
    {
        SortedDictionary<string, string> known = Texts("en");
        string[] named =
        [
            .. Directory
                .EnumerateFiles(Folder, "*.*", SearchOption.AllDirectories)
                .Where(file =>
                    file.EndsWith(".razor", StringComparison.Ordinal) || file.EndsWith(".cs", StringComparison.Ordinal)
                )
                .Where(file => !file.Contains("/obj/", StringComparison.Ordinal))
                .SelectMany(file => Named().Matches(File.ReadAllText(file)).Select(match => match.Groups["key"].Value))
                .Distinct(StringComparer.Ordinal),
        ];

        Assert.InRange(named.Length, 150, 2_000);
        Assert.Empty(named.Except(known.Keys));
    }

    /// <summary>Words between the elements of a page would stand there in every language.</summary>
    [Fact]
    public void Pages_have_no_words_of_their_own() =>
        Assert.All(
            Directory.EnumerateFiles(Folder, "*.razor", SearchOption.AllDirectories),
            file => Assert.DoesNotMatch(Words(), File.ReadAllText(file).Split("@code {")[0])
        );

    [Theory]
    [InlineData("en", "1,234", "12.35 M", "16.67%")]
    [InlineData("vi", "1.234", "12,35 M", "16,67%")]
    public void Figures_are_written_as_people_of_the_language_read_them(
        string language,
        string count,
        string million,
        string share
    )
    {
        Locale locale = new(Wording.Of(language), TimeZoneInfo.Utc, TimeProvider.System);

        Assert.Equal(count, locale.Count(1_234));
        Assert.Equal(million, locale.Count(12_345_678));
        Assert.Equal(share, locale.Percent(0.166667));
    }

    [Fact]
    public void A_time_is_shown_as_clocks_of_the_place_show_it()
    {
        Locale locale = new(Wording.English, Locale.ZoneOf("Asia/Ho_Chi_Minh"), TimeProvider.System);
        DateTime noon = new(2026, 11, 27, 12, 0, 0, DateTimeKind.Utc);

        Assert.Equal("2026-11-27 19:00", locale.Time(noon));
        Assert.Equal("2026-11-27 12:00:00 UTC", Locale.Utc(noon));
        Assert.Equal(TimeZoneInfo.Utc, Locale.ZoneOf("Atlantis/Capital"));
    }

    private static SortedDictionary<string, string> Texts(string language)
    {
        ResourceManager texts = new($"Fecom.WebConsole.Language.Texts.{language}", typeof(Wording).Assembly);
        using ResourceSet all = texts.GetResourceSet(CultureInfo.InvariantCulture, createIfNotExists: true, false)!;
        return new SortedDictionary<string, string>(
            all.Cast<DictionaryEntry>().ToDictionary(text => (string)text.Key, text => (string)text.Value!),
            StringComparer.Ordinal
        );
    }

    private static IEnumerable<string> Places(string text) =>
        Place().Matches(text).Select(match => match.Value).Order(StringComparer.Ordinal);

    [GeneratedRegex(@"\{\d\}", RegexOptions.None, 1_000)]
    private static partial Regex Place();

    [GeneratedRegex(@"\bT\(\s*""(?<key>[\w.]+)""", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex Named();

    [GeneratedRegex(
        @">\s*[A-Za-z]{2,}[^<>@{}();=]*</(h1|h2|h3|p|th|td|li|a|button|span|label|summary|dt|dd)>",
        RegexOptions.ExplicitCapture,
        1_000
    )]
    private static partial Regex Words();
}
