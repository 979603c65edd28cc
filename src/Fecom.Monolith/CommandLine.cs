using System.CommandLine;
using Fecom.Ingestion;

namespace Fecom.Monolith;

/// <summary>The verbs beside <c>serve</c>: tools that work offline.</summary>
internal static class CommandLine
{
    private const string Serve = "serve";

    /// <summary>Whether the arguments ask for a tool (or for help) rather than for the host.</summary>
    public static bool IsTool(string[] args) =>
        args.Length > 0 && (args[0] is "--help" or "-h" or "-?" or "--version" || (args[0] != Serve && !args[0].StartsWith('-')));

    public static Task<int> RunAsync(string[] args)
    {
        RootCommand root = new("Fecom: real-time purchase predictions and recommendations.")
        {
            new Command(Serve, "Runs the host."),
            Generate(),
        };
        return root.Parse(args).InvokeAsync();
    }

    private static Command Generate()
    {
        Option<long> events = new("--events") { Description = "Rows to write.", Required = true };
        Option<long> seed = new("--seed") { Description = "The same seed gives the same rows.", DefaultValueFactory = _ => 1 };
        Option<string> output = new("--out") { Description = "File to write, compressed when it ends in .gz; - for the standard output.", Required = true };
        Option<double> invalid = new("--invalid") { Description = "Share of mangled rows, 0 to 1.", DefaultValueFactory = _ => 0 };
        Command command = new("generate", "Writes made-up behaviour events as the shop's CSV.") { events, seed, output, invalid };
        command.SetAction(
            (result, cancellationToken) =>
            {
                try
                {
                    IngestionModule.GenerateEvents(
                        result.GetValue(events),
                        result.GetValue(seed),
                        result.GetValue(output)!,
                        result.GetValue(invalid),
                        cancellationToken
                    );
                    return Task.FromResult(0);
                }
                catch (Exception e) when (e is ArgumentException or IOException or UnauthorizedAccessException)
                {
                    Console.Error.WriteLine($"fecom: {e.Message}");
                    return Task.FromResult(1);
                }
            }
        );
        return command;
    }
}
