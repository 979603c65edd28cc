using Fecom.Ingestion.Shared.FindFiles;

namespace Fecom.Ingestion.EventFiles.LoadEventFiles;

/// <summary>Compares an existing file with its loads.</summary>
internal static class LoadableFile
{
    /// <summary>Whether nothing is left to do: the load ended, or was refused, when the file had the same size and time.</summary>
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

    /// <summary>A new source; the name of a later generation of the same first lines ends in its number.</summary>
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
