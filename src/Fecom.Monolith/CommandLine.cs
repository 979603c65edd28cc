using System.CommandLine;

namespace Fecom.Monolith;

/// <summary>The verbs beside <c>serve</c>: tools that work offline, with the code that serves.</summary>
internal static class CommandLine
{
    private const string Serve = "serve";

    /// <summary>Whether the arguments ask for a tool rather than for the host.</summary>
    public static bool IsTool(string[] args) => args.Length > 0 && args[0] != Serve && !args[0].StartsWith("--", StringComparison.Ordinal)
        || args is ["--help" or "-h" or "--version", ..];

    public static Task<int> RunAsync(string[] args)
    {
        RootCommand root = new("Fecom: real-time purchase predictions and recommendations.")
        {
            new Command(Serve, "Runs the host."),
        };
        return root.Parse(args).InvokeAsync();
    }
}
