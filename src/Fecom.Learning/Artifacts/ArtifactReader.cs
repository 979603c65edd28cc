using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Fecom.Learning.Artifacts;

/// <summary>Reads what <see cref="ArtifactWriter"/> wrote, and never beyond its end.</summary>
internal ref struct ArtifactReader(ReadOnlySpan<byte> bytes)
{
    private readonly int _maxCount = bytes.Length;
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>A number of things that follow, at least a byte each, or the place of one of them.</summary>
    /// <exception cref="InvalidDataException">The bytes are cut, or the number cannot be one.</exception>
    public int ReadCount()
    {
        int count = ReadNumber();
        return count >= 0 && count <= _maxCount
            ? count
            : throw new InvalidDataException($"{count} is no number of entries of an artifact's part.");
    }

    /// <exception cref="InvalidDataException">The bytes are cut.</exception>
    public string? ReadText()
    {
        int length = ReadNumber();
        if (length == ArtifactWriter.NoText)
        {
            return null;
        }

        if (length < 0 || length > _rest.Length / sizeof(char))
        {
            throw new InvalidDataException("The artifact's part is cut within a text.");
        }

        string text = new(MemoryMarshal.Cast<byte, char>(_rest[..(length * sizeof(char))]));
        _rest = _rest[(length * sizeof(char))..];
        return text;
    }

    private int ReadNumber()
    {
        if (_rest.Length < sizeof(int))
        {
            throw new InvalidDataException("The artifact's part is cut.");
        }

        int number = BinaryPrimitives.ReadInt32LittleEndian(_rest);
        _rest = _rest[sizeof(int)..];
        return number;
    }
}
