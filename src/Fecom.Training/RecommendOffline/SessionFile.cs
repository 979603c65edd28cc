using Fecom.Contracts;

namespace Fecom.Training.RecommendOffline;

/// <summary>A file of sessions: one a line, ids of its products separated by spaces, the oldest session first.</summary>
internal static class SessionFile
{
    /// <summary>The longest line, in characters.</summary>
    private const int MaxLine = 1_000_000;

    /// <summary>The sessions that have a product.</summary>
    /// <exception cref="InvalidDataException">There is none, a line is too long, or holds what is no product id.</exception>
    public static List<string[]> ReadSessions(string file)
    {
        List<string[]> sessions = [.. Read(file).Where(session => session.Length > 0)];
        return sessions.Count > 0
            ? sessions
            : throw new InvalidDataException($"{file} holds no session: a line each, product ids separated by spaces.");
    }

    /// <summary>Every line, also the empty ones.</summary>
    /// <exception cref="InvalidDataException">A line is too long, or holds what is no product id.</exception>
    public static IEnumerable<string[]> Read(string file)
    {
        int number = 0;
        foreach (string line in File.ReadLines(file))
        {
            number++;
            if (line.Length > MaxLine)
            {
                throw new InvalidDataException(
                    $"{file}, line {number} has {line.Length} characters; at most {MaxLine} are read."
                );
            }

            string[] ids = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (Array.Find(ids, id => !OpaqueId.IsValid(id)) is { } wrong)
            {
                string shown = new([.. wrong.Take(80).Select(c => char.IsControl(c) ? '?' : c)]);
                throw new InvalidDataException(
                    $"{file}, line {number}: '{shown}' is no product id, 1 to 64 printable characters; ids are separated by spaces."
                );
            }

            yield return ids;
        }
    }
}
