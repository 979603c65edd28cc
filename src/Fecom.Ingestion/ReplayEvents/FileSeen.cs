namespace Fecom.Ingestion.ReplayEvents;

/// <summary>A file of the folder as it lay there at one look.</summary>
/// <param name="Path">Where it lies.</param>
/// <param name="Size">Its bytes.</param>
/// <param name="ModifiedAt">When it was written to last, UTC.</param>
/// <param name="AtRest">Nobody had written to it for a while.</param>
internal sealed record FileSeen(string Path, long Size, DateTime ModifiedAt, bool AtRest)
{
    public const string SourcePrefix = "file:";

    public string Name { get; } = System.IO.Path.GetFileName(Path);

    public static bool IsInput(string path) =>
        path.EndsWith(".csv", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".csv.gz", StringComparison.OrdinalIgnoreCase);

    /// <param name="path">Where the file lies.</param>
    /// <param name="now">The present.</param>
    /// <param name="restSeconds">How long a file must not have changed to be at rest.</param>
    public static FileSeen Look(string path, DateTimeOffset now, double restSeconds)
    {
        FileInfo file = new(path);
        // PostgreSQL keeps microseconds.
        long ticks = file.LastWriteTimeUtc.Ticks;
        DateTime modifiedAt = new(ticks - (ticks % TimeSpan.TicksPerMicrosecond), DateTimeKind.Utc);
        return new FileSeen(path, file.Length, modifiedAt, Math.Abs((now.UtcDateTime - modifiedAt).TotalSeconds) >= restSeconds);
    }

    /// <summary>Nothing is left to do: the load has ended, or was refused, when the file lay there just so.</summary>
    public bool IsSettledBy(FileLoad load) =>
        load.State is LoadStates.Completed or LoadStates.Refused && load.Size == Size && load.ModifiedAt == ModifiedAt;

    public FileLoad Unidentified(string state, DateTime now) =>
        new()
        {
            Id = Guid.CreateVersion7(),
            Source = SourcePrefix + Name,
            FileName = Name,
            State = state,
            Size = Size,
            ModifiedAt = ModifiedAt,
            StartedAt = now,
        };

    /// <summary>A new source; a later generation of the same first lines says so in its name.</summary>
    public FileLoad Fresh(FileIdentity identity, int generation, DateTime now) =>
        Unidentified(LoadStates.Loading, now) with
        {
            Source = $"{SourcePrefix}{Name}@{identity.Fingerprint}{(generation > 1 ? $"#{generation}" : string.Empty)}",
            Fingerprint = identity.Fingerprint!,
            Generation = generation,
            NextLine = identity.Start!.Next.Line,
            NextOffset = identity.Start.Next.Offset,
            TailHash = identity.Start.TailHash,
        };
}
