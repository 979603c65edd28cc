namespace Fecom.Ingestion.Shared.FindFiles;

/// <summary>A file of the folder as it was at one poll.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Size">Its bytes.</param>
/// <param name="ModifiedAt">When it was last written, UTC.</param>
/// <param name="AtRest">Whether it had not been written for a while.</param>
internal sealed record FileSeen(string Path, long Size, DateTime ModifiedAt, bool AtRest)
{
    public string Name { get; } = System.IO.Path.GetFileName(Path);

    public static bool IsInput(string path) =>
        path.EndsWith(".csv", StringComparison.OrdinalIgnoreCase)
        || path.EndsWith(".csv.gz", StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// The file itself, not a link to it: a link does not change when its target does. Circular links, and a
    /// file that was removed since it was listed, are returned as they are; opening them reports what is wrong.
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

    /// <param name="path">The file's path.</param>
    /// <param name="now">The present.</param>
    /// <param name="restSeconds">How long a file must not have changed to be at rest.</param>
    public static FileSeen Read(string path, DateTimeOffset now, double restSeconds)
    {
        FileInfo file = At(path);
        // Rounded to what PostgreSQL stores: microseconds.
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
