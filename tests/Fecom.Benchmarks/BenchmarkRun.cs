using System.Globalization;
using System.Text.Json;

namespace Fecom.Benchmarks;

/// <summary>What to run, and how to say what came out.</summary>
/// <param name="Name">The benchmark.</param>
/// <param name="Events">Events that it works through.</param>
/// <param name="Stage">The one stage to run; all when null.</param>
/// <param name="Json">Whether the last line is one JSON object.</param>
internal sealed record BenchmarkRun(string Name, int Events, string? Stage, bool Json)
{
    private readonly Dictionary<string, double> _figures = [];

    public static BenchmarkRun Parse(string[] args) =>
        new(
            args.FirstOrDefault() ?? "",
            Number(args, "--events", 1_000_000),
            Value(args, "--stage"),
            args.Contains("--json")
        );

    /// <summary>Whether the arguments after the name are these options alone, each with a whole number above 0 or one of its words.</summary>
    public static bool IsUnderstood(string[] args, string[] numbers, params (string Option, string[] Words)[] words)
    {
        for (int i = 1; i < args.Length; i++)
        {
            bool numeric =
                numbers.Contains(args[i])
                && i + 1 < args.Length
                && int.TryParse(args[i + 1], CultureInfo.InvariantCulture, out int number)
                && number > 0;
            bool named =
                i + 1 < args.Length && words.Any(word => word.Option == args[i] && word.Words.Contains(args[i + 1]));
            if (numeric || named)
            {
                i++;
            }
            else if (args[i] != "--json")
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A whole number that an option gives.</summary>
    public static int Number(string[] args, string option, int otherwise) =>
        Value(args, option) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;

    /// <summary>Whether <c>--kafka real</c> asks for brokers in processes of their own.</summary>
    public static bool WantsRealKafka(string[] args) => Value(args, "--kafka") == "real";

    /// <summary>Says a figure at once, and keeps it for the JSON line.</summary>
    /// <param name="key">The figure's name.</param>
    /// <param name="value">The figure.</param>
    /// <param name="meaning">What it counts.</param>
    /// <param name="digits">Digits behind the point.</param>
    public void Report(string key, double value, string meaning, int digits = 0)
    {
        Keep(key, value, Math.Max(digits, 1));
        string figure = value.ToString($"N{digits}", CultureInfo.InvariantCulture);
        Console.WriteLine($"{key, -22} {figure, 12}   {meaning}");
    }

    /// <summary>Keeps a figure for the JSON line alone.</summary>
    public void Keep(string key, double value, int digits = 1) => _figures[key] = Math.Round(value, digits);

    public double this[string key] => _figures[key];

    /// <summary>Whether the stage is asked for.</summary>
    public bool Wants(string stage) => Stage is null || Stage == stage;

    /// <summary>The last line.</summary>
    public void Finish()
    {
        if (Json)
        {
            Console.WriteLine(JsonSerializer.Serialize(_figures));
        }
    }

    private static string? Value(string[] args, string option) =>
        Array.IndexOf(args, option) is >= 0 and int place && place + 1 < args.Length ? args[place + 1] : null;
}
