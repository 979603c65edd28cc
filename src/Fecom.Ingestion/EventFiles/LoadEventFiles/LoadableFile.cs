using Fecom.Ingestion.Shared.FindFiles;

namespace Fecom.Ingestion.EventFiles.LoadEventFiles;

/// <summary>What a file that lies there means to its loads.</summary>
internal static class LoadableFile
{
    /// <summary>Nothing is left to do: the load has ended, or was refused, when the file lay there just so.</summary>
    public static bool IsSettledBy(this FileSeen file, FileLoad load) =>
        load.State is LoadStates.Completed or LoadStates.Refused
        && load.Size == file.Size
        && load.ModifiedAt == file.ModifiedAt;

    public static FileLoad Unidentified(this FileSeen file, string state, DateTime now) =>
        new()
        {
            Id = Guid.CreateVersion7(),
            Source = FileSourceName.Prefix + file.Name,
            FileName = file.Name,
            State = state,
            Size = file.Size,
            ModifiedAt = file.ModifiedAt,
            StartedAt = now,
        };

    /// <summary>A new source; a later generation of the same first lines says so in its name.</summary>
    public static FileLoad Fresh(this FileSeen file, FileIdentity identity, int generation, DateTime now) =>
        file.Unidentified(LoadStates.Loading, now) with
        {
            Source =
                $"{FileSourceName.Prefix}{file.Name}@{identity.Fingerprint}{(generation > 1 ? $"#{generation}" : string.Empty)}",
            Fingerprint = identity.Fingerprint!,
            Generation = generation,
            NextLine = identity.Start!.Next.Line,
            NextOffset = identity.Start.Next.Offset,
            TailHash = identity.Start.TailHash,
        };
}
