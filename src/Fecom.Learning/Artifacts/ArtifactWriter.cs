using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Fecom.Learning.Artifacts;

/// <summary>Writes numbers and texts into a part of an artifact. A text is its length and its UTF-16 characters: no text can be taken for a separator.</summary>
internal sealed class ArtifactWriter
{
    /// <summary>Length of a text that is null.</summary>
    internal const int NoText = -1;

    private readonly ArrayBufferWriter<byte> _bytes = new();

    public void Write(int number)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.GetSpan(sizeof(int)), number);
        _bytes.Advance(sizeof(int));
    }

    public void Write(string? text)
    {
        Write(text?.Length ?? NoText);
        _bytes.Write(MemoryMarshal.AsBytes(text.AsSpan()));
    }

    public byte[] ToArray() => _bytes.WrittenSpan.ToArray();
}
