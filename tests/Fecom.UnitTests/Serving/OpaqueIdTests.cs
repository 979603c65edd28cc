using System.Buffers;
using System.Text;
using System.Text.Json;
using Fecom.Serving;
using Xunit;

namespace Fecom.UnitTests.Serving;

public sealed class OpaqueIdTests
{
    [Theory]
    [InlineData("1005073", "1005073")]
    [InlineData("\"1005073\"", "1005073")]
    [InlineData("10.5", "")]
    [InlineData("true", "")]
    public void Read_WhenTheBodyComesInPieces_IsTheSame(string json, string expected)
    {
        for (int cut = 1; cut < json.Length; cut++)
        {
            Utf8JsonReader reader = new(InTwo(Encoding.UTF8.GetBytes(json), cut));
            reader.Read();

            Assert.Equal(expected, new OpaqueIdConverter().Read(ref reader, typeof(string), JsonSerializerOptions.Default));
        }
    }

    private static ReadOnlySequence<byte> InTwo(byte[] bytes, int cut)
    {
        Piece first = new(bytes.AsMemory(0, cut), 0);
        Piece second = new(bytes.AsMemory(cut), cut);
        first.Follow(second);
        return new(first, 0, second, bytes.Length - cut);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, long start)
        {
            Memory = memory;
            RunningIndex = start;
        }

        public void Follow(Piece next) => Next = next;
    }
}
