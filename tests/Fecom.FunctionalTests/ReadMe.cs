using System.Text.RegularExpressions;
using Fecom.Testing;

namespace Fecom.FunctionalTests;

/// <summary>A command of the README, with the answer that the README prints below it; null when it prints none.</summary>
internal sealed record ReadMeCommand(string Text, string? Answer);

/// <summary>The commands in the README's fenced blocks, in their order.</summary>
internal static partial class ReadMe
{
    /// <summary>Every command: lines that begin with one of the tools, with a prompt or an environment variable before it or not.</summary>
    public static IReadOnlyList<ReadMeCommand> Commands()
    {
        List<ReadMeCommand> commands = [];
        bool inBlock = false;
        bool isAnswer = false;
        foreach (string line in JoinedLines(File.ReadAllText(Path.Combine(Repository.Root, "README.md"))))
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                (inBlock, isAnswer) = (!inBlock, false);
            }
            else if (inBlock && CommandLine().IsMatch(line))
            {
                commands.Add(new ReadMeCommand(line.TrimStart('$', ' '), null));
                isAnswer = line.StartsWith('$');
            }
            else if (inBlock && isAnswer)
            {
                commands[^1] = commands[^1] with { Answer = commands[^1].Answer + line };
            }
        }

        return commands;
    }

    /// <summary>Lines of the text; one that ends in a backslash goes on in the next.</summary>
    private static string[] JoinedLines(string text) => text.Replace("\\\n", " ", StringComparison.Ordinal).Split('\n');

    [GeneratedRegex(
        """^(\$ )?(\w+='[^']*' )*(curl|\./fecom|docker) """,
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1_000
    )]
    private static partial Regex CommandLine();
}
