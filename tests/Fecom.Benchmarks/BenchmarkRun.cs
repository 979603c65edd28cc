using System.Globalization;
using System.Text.Json;

namespace Fecom.Benchmarks;

/// <summary>What to run, and how to say what came out.</summary>
/// <param name="Name">The benchmark.</param>
/// <param name="Events">Events that it works through.</param>
/// <param name="Json">Whether the last line is one JSON object.</param>
internal sealed record BenchmarkRun(string Name, int Events, bool Json)
{
    private readonly Dictionary<string, double> _figures = [];

    public static BenchmarkRun Parse(string[] args)
    {
        int events = Array.IndexOf(args, "--events");
        return new BenchmarkRun(
            args.FirstOrDefault() ?? "",
            events >= 0 && events + 1 < args.Length ? int.Parse(args[events + 1], CultureInfo.InvariantCulture) : 1_000_000,
            args.Contains("--json")
        );
    }

    /// <summary>Says a figure at once, and keeps it for the JSON line.</summary>
    public void Report(string key, double value, string meaning)
    {
        _figures[key] = Math.Round(value, 1);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{key, -22} {value, 12:N0}   {meaning}"));
    }

    public double this[string key] => _figures[key];

    /// <summary>The last line.</summary>
    public void Finish()
    {
        if (Json)
        {
            Console.WriteLine(JsonSerializer.Serialize(_figures));
        }
    }
}
