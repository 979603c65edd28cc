using System.Globalization;
using Fecom.Learning.NextItem;

namespace Fecom.Training.RecommendOffline;

/// <summary>Trains a recommender on a file of sessions and answers a file of their beginnings, by the code that serves.</summary>
internal static class OfflineRecommendations
{
    /// <summary>The longest line, in characters.</summary>
    private const int MaxLine = 1_000_000;

    /// <param name="train">A session a line, ids of its products separated by spaces, the oldest session first.</param>
    /// <param name="prefixes">A question a line, likewise; an empty line asks for a new visitor.</param>
    /// <param name="count">Products a question, 1 to 1,000.</param>
    /// <param name="output">Is written: a line a question, the best product first.</param>
    /// <param name="log">Says what goes on.</param>
    /// <param name="cancellationToken">Ends it; the output is left as it was.</param>
    /// <exception cref="ArgumentException">The count is not from 1 to 1,000.</exception>
    /// <exception cref="InvalidDataException">A file holds no session, or a line that is too long.</exception>
    public static void Run(
        string train,
        string prefixes,
        int count,
        string output,
        TextWriter log,
        CancellationToken cancellationToken
    )
    {
        if (count is < 1 or > 1_000)
        {
            throw new ArgumentException($"--count is {count}; it is from 1 to 1000.");
        }

        List<string[]> questions = [.. Read(prefixes)];
        List<string[]> sessions = [.. Read(train).Where(session => session.Length > 0)];
        if (sessions.Count == 0)
        {
            throw new InvalidDataException($"{train} holds no session: a line each, product ids separated by spaces.");
        }

        SessionRecommender recommender = SessionRecommender.Train(
            sessions,
            new RankerOptions(),
            (what, share) => log.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{share, 4:0%} {what}")),
            cancellationToken
        );
        string unfinished = output + ".part";
        using (StreamWriter writer = new(unfinished))
        {
            foreach (string[] question in questions)
            {
                cancellationToken.ThrowIfCancellationRequested();
                writer.WriteLine(string.Join(' ', recommender.Recommend(question, count)));
            }
        }

        File.Move(unfinished, output, overwrite: true);
        log.WriteLine($"{questions.Count} lines of {count} products are in {output}.");
    }

    private static IEnumerable<string[]> Read(string file)
    {
        int number = 0;
        foreach (string line in File.ReadLines(file))
        {
            number++;
            if (line.Length > MaxLine)
            {
                throw new InvalidDataException($"{file}, line {number}: {line.Length} characters; {MaxLine} are read.");
            }

            yield return line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        }
    }
}
