namespace Fecom.Ingestion.Shared.FindFiles;

/// <summary>A file of the folder as it lay there at one look.</summary>
/// <param name="Path">Where it lies.</param>
/// <param name="Size">Its bytes.</param>
/// <param name="ModifiedAt">When it was written to last, UTC.</param>
/// <param name="AtRest">Nobody had written to it for a while.</param>
internal sealed record FileSeen(string Path, long Size, DateTime ModifiedAt, bool AtRest)
{
    public string Name { get; } = System.IO.Path.GetFileName(Path);

    public static bool IsInput(string path) =>
        path.EndsWith(".csv", StringComparison.OrdinalIgnoreCase)
        || path.EndsWith(".csv.gz", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// The file, and not the link that leads to it: a link does not change when its file does. Links that lead in a circle, and a
    /// file that is gone since it was listed, are what they are; who opens them says what is wrong.
    /// </summary>
    public static FileInfo At(string path)
    {
        FileInfo file = new(path);
        try
        {
            return file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return file;
        }
    }

    /// <param name="path">Where the file lies.</param>
    /// <param name="now">The present.</param>
    /// <param name="restSeconds">How long a file must not have changed to be at rest.</param>
    public static FileSeen Look(string path, DateTimeOffset now, double restSeconds)
    {
        FileInfo file = At(path);
        // PostgreSQL keeps microseconds.
        long ticks = file.LastWriteTimeUtc.Ticks;
        DateTime modifiedAt = new(ticks - (ticks % TimeSpan.TicksPerMicrosecond), DateTimeKind.Utc);
        return new FileSeen(
            path,
            file.Length,
            modifiedAt,
            Math.Abs((now.UtcDateTime - modifiedAt).TotalSeconds) >= restSeconds
        );
    }
}
