namespace Fecom.Ingestion.PostgresCapture;

/// <summary>The captured table and its publication as PostgreSQL has them now. The oids tell an object from a recreated one of the same name.</summary>
internal sealed record PublicationState
{
    /// <summary>The table's oid; null when there is none of that name.</summary>
    public long? Table { get; init; }

    /// <summary>The publication's oid; null when there is none of that name.</summary>
    public long? Publication { get; init; }

    /// <summary>Oid of the table's place in the publication; null where the publication is of all tables or of a schema.</summary>
    public long? Place { get; init; }

    /// <summary>The publication publishes the table.</summary>
    public bool IsPublished { get; init; }

    /// <summary>It publishes inserts.</summary>
    public bool Inserts { get; init; }

    /// <summary>It publishes updates or deletes of a table without a replica identity: PostgreSQL then refuses the shop's own updates and deletes.</summary>
    public bool BreaksChanges { get; init; }

    /// <summary>What must stay the same while changes are followed.</summary>
    public string Identity => $"{Table}/{Publication}/{Place}";

    /// <summary>Oid of the captured table in an identity; null of one that is not known.</summary>
    public static uint? TableOf(string? identity) =>
        uint.TryParse(identity?.Split('/')[0], out uint table) ? table : null;

    /// <summary>Why changes of the existing table are missing since it had the identity <paramref name="before"/>; null when none are.</summary>
    /// <param name="before">An identity; null when none was noted.</param>
    /// <param name="options">Their names.</param>
    public string? GapSince(string? before, CaptureOptions options)
    {
        string[] was = (before ?? Identity).Split('/');
        (string table, string publication) = ($"The table {options.Table}", $"the publication {options.Publication}");
        return $"{Table}" != was[0]
                ? $"{table} is another one than before: the old one was dropped or renamed, and one of its name was made. Rows of the new one whose primary key the old one had are passed over; if it counts its keys from the start again, name columns that tell its rows apart in Ingestion:Changes:RowKey, such as id,event_time."
            : Publication is null ? $"{Capital(publication)} is gone."
            : $"{Publication}" != was[1] ? $"{Capital(publication)} was dropped and made again."
            : !IsPublished ? $"{table} has left {publication}."
            : $"{Place}" != was[2] ? $"{table} had left {publication}, or was published otherwise, and is in it again."
            : !Inserts ? $"{Capital(publication)} publishes no inserts any more."
            : null;
    }

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
