using System.Globalization;

namespace Fecom.WebConsole.Language;

/// <summary>How a person reads: the language, and times of the place where the person is.</summary>
internal sealed class Locale(Wording words, TimeZoneInfo zone, TimeProvider time)
{
    private const double Day = 86_400;

    public Wording Words { get; } = words;

    public DateTime Now => time.GetUtcNow().UtcDateTime;

    /// <summary>The zone of a name as browsers have it; UTC when this machine does not know it.</summary>
    public static TimeZoneInfo ZoneOf(string? name) =>
        name is { Length: > 0 and < 64 } && TimeZoneInfo.TryFindSystemTimeZoneById(name, out TimeZoneInfo? zone)
            ? zone
            : TimeZoneInfo.Utc;

    /// <summary>A text with what it speaks of in its places {0}, {1}.</summary>
    public string T(string key, params object?[] values) =>
        values.Length == 0 ? Words[key] : string.Format(Words.Numbers, Words[key], values);

    /// <summary>The text of a value of the API, such as a state; the value itself when it has none.</summary>
    public string Value(string group, string? value) =>
        value is null ? "" : Words.Find($"{group}.{value}") ?? value.Replace('_', ' ');

    /// <summary>A count: whole up to a million, then 1.23 M.</summary>
    public string Count(double? value) =>
        value switch
        {
            null => "–",
            { } large when Math.Abs(large) >= 1e9 => $"{(large / 1e9).ToString("0.##", Words.Numbers)} B",
            { } large when Math.Abs(large) >= 1e6 => $"{(large / 1e6).ToString("0.##", Words.Numbers)} M",
            { } small => small.ToString("#,0", Words.Numbers),
        };

    /// <summary>A figure with three or four digits that count.</summary>
    public string Number(double? value) =>
        value switch
        {
            null => "–",
            { } nothing when nothing == 0 => "0",
            { } large when Math.Abs(large) >= 10_000 => Count(large),
            { } large when Math.Abs(large) >= 100 => large.ToString("#,0.#", Words.Numbers),
            { } middle when Math.Abs(middle) >= 1 => middle.ToString("0.##", Words.Numbers),
            { } small when Math.Abs(small) >= 0.001 => small.ToString("0.####", Words.Numbers),
            { } tiny => tiny.ToString("0.##e0", Words.Numbers),
        };

    /// <summary>A rate a second.</summary>
    public string PerSecond(double? value) => $"{Number(value)}/s";

    /// <summary>A share.</summary>
    public string Percent(double? value) => value?.ToString("#,0.##%", Words.Numbers) ?? "–";

    /// <summary>Money, without a currency: the shop's is not known here.</summary>
    public string Money(double? value) =>
        value is { } amount && Math.Abs(amount) < 1e6 ? amount.ToString("#,0.00", Words.Numbers) : Count(value);

    /// <summary>Bytes.</summary>
    public string Bytes(double? value) =>
        value switch
        {
            null => "–",
            >= 1L << 30 => $"{(value.Value / (1L << 30)).ToString("0.#", Words.Numbers)} GiB",
            >= 1L << 20 => $"{(value.Value / (1L << 20)).ToString("0.#", Words.Numbers)} MiB",
            >= 1L << 10 => $"{(value.Value / (1L << 10)).ToString("0.#", Words.Numbers)} KiB",
            _ => $"{value.Value.ToString("0", Words.Numbers)} B",
        };

    /// <summary>A duration, its two largest parts at most.</summary>
    public string Duration(double? seconds) =>
        seconds switch
        {
            null => "–",
            < 1 => T(
                "time.milliseconds",
                (seconds.Value * 1_000).ToString(seconds < 0.02 ? "0.#" : "0", Words.Numbers)
            ),
            < 60 => T("time.seconds", seconds.Value.ToString(seconds < 10 ? "0.#" : "0", Words.Numbers)),
            < 3_600 => T("time.minutes", (int)seconds / 60, (int)seconds % 60),
            < Day => T("time.hours", (int)seconds / 3_600, (int)seconds % 3_600 / 60),
            _ => T("time.days", (int)(seconds / Day), (int)(seconds % Day) / 3_600),
        };

    /// <summary>How long ago, or how far ahead.</summary>
    public string Ago(DateTime at)
    {
        double seconds = (Now - at).TotalSeconds;
        return Math.Abs(seconds) < 1 ? T("time.now")
            : seconds < 0 ? T("time.ahead", Duration(-seconds))
            : T("time.ago", Duration(seconds));
    }

    /// <summary>A time of the person's place, to the minute.</summary>
    public string Time(DateTime at) => Local(at).ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    /// <summary>A time of the person's place, without its day.</summary>
    public string TimeOfDay(DateTime at) => Local(at).ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>A time as it is stored.</summary>
    public static string Utc(DateTime at) => at.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);

    private DateTime Local(DateTime at) =>
        TimeZoneInfo.ConvertTimeFromUtc(DateTime.SpecifyKind(at, DateTimeKind.Utc), zone);
}
