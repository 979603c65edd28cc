using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fecom.Warehouse.PublishGold;

/// <summary>What a staged batch consists of. Batches are loaded in the order of their numbers; one that is loaded twice changes nothing.</summary>
internal sealed record StageManifest
{
    private static readonly JsonSerializerOptions Form = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Version of this form.</summary>
    public int Version { get; init; } = 1;

    /// <summary>The database that published it.</summary>
    public required Guid Source { get; init; }

    /// <summary>Its number, ascending.</summary>
    public required long Batch { get; init; }

    /// <summary>Its name.</summary>
    public required Guid BatchId { get; init; }

    /// <summary>The batch to load before; null of one that goes whole.</summary>
    public long? After { get; init; }

    /// <summary>When it was staged, UTC.</summary>
    public required DateTime CreatedAt { get; init; }

    /// <summary>Its tables, in an order in which what is named comes first.</summary>
    public required IReadOnlyList<StagedTable> Tables { get; init; }

    /// <summary>Names of the statements that load it, by warehouse.</summary>
    public required IReadOnlyDictionary<string, string> Statements { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, Form);

    /// <exception cref="InvalidDataException">It is none.</exception>
    public static StageManifest Parse(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<StageManifest>(json, Form)
                ?? throw new InvalidDataException("It is null.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"A manifest cannot be read: {e.Message}", e);
        }
    }
}

/// <summary>A table of a staged batch.</summary>
internal sealed record StagedTable
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What a row is.</summary>
    public string? Comment { get; init; }

    /// <summary><c>merge</c>: rows take the place of those with their keys, and those that are <c>fecom_deleted</c> go; <c>replace</c>: they take the place of all.</summary>
    public required string Mode { get; init; }

    /// <summary>The columns that tell its rows apart.</summary>
    public required IReadOnlyList<string> Key { get; init; }

    /// <summary>Its columns; the files have <c>fecom_deleted</c> after them.</summary>
    public required IReadOnlyList<StagedColumn> Columns { get; init; }

    /// <summary>Its files; none when it is empty.</summary>
    public required IReadOnlyList<StagedFile> Files { get; init; }
}

/// <summary>A column of a staged table.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type in PostgreSQL.</param>
/// <param name="Nullable">Whether it may be null.</param>
/// <param name="Comment">What it holds.</param>
internal sealed record StagedColumn(string Name, string Type, bool Nullable, string? Comment);

/// <summary>A staged file.</summary>
/// <param name="Name">Its name in the store.</param>
/// <param name="Rows">Its rows.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">Hash of its bytes, in hexadecimal digits.</param>
internal sealed record StagedFile(string Name, long Rows, long Bytes, string Sha256);
