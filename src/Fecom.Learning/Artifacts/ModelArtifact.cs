using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Fecom.Learning.Artifacts;

/// <summary>A model as one block of bytes that says what it is: a JSON header, then the model's own parts.</summary>
/// <remarks>
/// Layout: the 8 bytes <c>FECOMML1</c>, the header's length (4 bytes, little-endian), the header as UTF-8 JSON with
/// <c>kind</c>, <c>version</c>, <c>parts</c> (names and lengths) and <c>model</c> (the kind's own description), then the parts.
/// </remarks>
public static class ModelArtifact
{
    internal static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    private const int PreambleLength = 12;

    private static ReadOnlySpan<byte> Magic => "FECOMML1"u8;

    /// <summary>The kind of model in these bytes, such as <c>purchase</c>.</summary>
    /// <exception cref="InvalidDataException">The bytes are not an artifact.</exception>
    public static string KindOf(ReadOnlySpan<byte> artifact) => ReadHeader<JsonElement>(artifact, out _).Kind;

    /// <summary>What an artifact says of itself.</summary>
    /// <returns>Its format, and what it predicts with where its kind of model has several ways.</returns>
    /// <exception cref="InvalidDataException">The bytes are not an artifact.</exception>
    public static (int Format, string? Algorithm) Describe(ReadOnlySpan<byte> artifact)
    {
        Header<JsonElement> header = ReadHeader<JsonElement>(artifact, out _);
        bool isNamed =
            header.Model.TryGetProperty("algorithm", out JsonElement algorithm)
            && algorithm.ValueKind == JsonValueKind.String;
        return (header.Version, isNamed ? algorithm.GetString() : null);
    }

    /// <summary>Writes an artifact.</summary>
    internal static byte[] Write<T>(
        string kind,
        int version,
        T model,
        params ReadOnlySpan<(string Name, byte[] Bytes)> parts
    )
    {
        List<Part> table = [];
        int total = 0;
        foreach ((string name, byte[] bytes) in parts)
        {
            table.Add(new Part(name, bytes.Length));
            total = checked(total + bytes.Length);
        }

        byte[] header = JsonSerializer.SerializeToUtf8Bytes(new Header<T>(kind, version, table, model), Json);
        byte[] artifact = new byte[PreambleLength + header.Length + total];
        Magic.CopyTo(artifact);
        BinaryPrimitives.WriteInt32LittleEndian(artifact.AsSpan(Magic.Length), header.Length);
        header.CopyTo(artifact, PreambleLength);
        int end = PreambleLength + header.Length;
        foreach ((_, byte[] bytes) in parts)
        {
            bytes.CopyTo(artifact, end);
            end += bytes.Length;
        }

        return artifact;
    }

    /// <summary>Reads an artifact of one kind and version; parts come in the order in which they were written.</summary>
    /// <exception cref="InvalidDataException">The bytes are not an artifact, are cut, or hold another kind or version.</exception>
    internal static (T Model, ReadOnlyMemory<byte>[] Parts) Read<T>(
        ReadOnlyMemory<byte> artifact,
        string kind,
        int version
    )
    {
        // What another release wrote may describe its model otherwise: kind and version first.
        Header<JsonElement> header = ReadHeader<JsonElement>(artifact.Span, out int start);
        if (header.Kind != kind)
        {
            throw new InvalidDataException($"The artifact holds a model {header.Kind}, not {kind}.");
        }

        if (header.Version != version)
        {
            throw new InvalidDataException(
                $"The artifact is in format {header.Version} of another release; this one reads format {version}. A new training makes one that it reads."
            );
        }

        ReadOnlyMemory<byte>[] parts = new ReadOnlyMemory<byte>[header.Parts.Count];
        for (int i = 0; i < parts.Length; i++)
        {
            int length = header.Parts[i].Length;
            if (length < 0 || length > artifact.Length - start)
            {
                throw new InvalidDataException($"The artifact is cut within its part {header.Parts[i].Name}.");
            }

            parts[i] = artifact.Slice(start, length);
            start += length;
        }

        return (ReadHeader<T>(artifact.Span, out _).Model, parts);
    }

    private static Header<T> ReadHeader<T>(ReadOnlySpan<byte> artifact, out int start)
    {
        if (artifact.Length < PreambleLength || !artifact.StartsWith(Magic))
        {
            throw new InvalidDataException("The bytes are not a model artifact.");
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(artifact[Magic.Length..]);
        if (length < 0 || length > artifact.Length - PreambleLength)
        {
            throw new InvalidDataException("The artifact is cut within its header.");
        }

        start = PreambleLength + length;
        try
        {
            return JsonSerializer.Deserialize<Header<T>>(artifact[PreambleLength..start], Json)
                ?? throw new InvalidDataException("The artifact's header is empty.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException("The artifact's header cannot be read.", e);
        }
    }

    private sealed record Part(string Name, int Length);

    private sealed record Header<T>(string Kind, int Version, IReadOnlyList<Part> Parts, T Model);
}
