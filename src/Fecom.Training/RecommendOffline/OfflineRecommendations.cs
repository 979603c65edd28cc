using System.Globalization;
using Fecom.Learning.NextItem;

namespace Fecom.Training.RecommendOffline;

/// <summary>Trains a recommender on a file of sessions and answers a file of their beginnings, by the code that serves.</summary>
internal static class OfflineRecommendations
{
    /// <param name="train">A session a line, ids of its products separated by spaces, the oldest session first.</param>
    /// <param name="prefixes">A question a line, likewise; an empty line asks for a new visitor.</param>
    /// <param name="count">Products a question, 1 to 1,000.</param>
    /// <param name="output">Is written: a line a question, the best product first.</param>
    /// <param name="options">How to train.</param>
    /// <param name="log">Says what goes on.</param>
    /// <param name="cancellationToken">Ends it; the output is left as it was.</param>
    /// <exception cref="ArgumentException">The count is not from 1 to 1,000.</exception>
    /// <exception cref="InvalidDataException">A file holds no session, a line that is too long, or what is no product id.</exception>
    public static void Run(
        string train,
        string prefixes,
        int count,
        string output,
        RankerOptions options,
        TextWriter log,
        CancellationToken cancellationToken
    )
    {
        if (count is < 1 or > 1_000)
        {
            throw new ArgumentException($"--count is {count}; it is from 1 to 1000.", nameof(count));
        }

        if (Directory.Exists(output))
        {
            throw new ArgumentException($"--out is {output}, which is a folder; it is a file.", nameof(output));
        }

        // Everything that can be wrong is found before the training, which takes minutes.
        List<string[]> questions = [.. SessionFile.Read(prefixes)];
        List<string[]> sessions = SessionFile.ReadSessions(train);

        string unfinished = output + ".part";
        using (StreamWriter writer = new(unfinished))
        {
            try
            {
                Answer(sessions, questions, count, options, writer, log, cancellationToken);
            }
            catch
            {
                File.Delete(unfinished);
                throw;
            }
        }

        File.Move(unfinished, output, overwrite: true);
        log.WriteLine($"Answers to the {questions.Count} lines of {prefixes} are in {output}.");
    }

    private static void Answer(
        List<string[]> sessions,
        List<string[]> questions,
        int count,
        RankerOptions options,
        StreamWriter writer,
        TextWriter log,
        CancellationToken cancellationToken
    )
    {
        SessionRecommender recommender = SessionRecommender.Train(
            sessions,
            options,
            (what, share) => log.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{share, 4:0%} {what}")),
            cancellationToken
        );
        foreach (string[] question in questions)
        {
            cancellationToken.ThrowIfCancellationRequested();
            writer.WriteLine(string.Join(' ', recommender.Recommend(question, count)));
        }
    }
}
