using System.Buffers;
using System.Text;
using System.Text.Json;
using Fecom.Contracts;
using Xunit;

namespace Fecom.UnitTests.Contracts;

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

            Assert.Equal(
                expected,
                new OpaqueIdConverter().Read(ref reader, typeof(string), JsonSerializerOptions.Default)
            );
        }
    }

    [Theory]
    [InlineData("q/1", true)]
    [InlineData("a,b", true)]
    [InlineData(" ", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData("a\u0085b", false)]
    [InlineData("a\u2028b", false)]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345", false)]
    public void IsValid_IsWhatValidationTakes(string? id, bool expected) =>
        Assert.Equal(expected, OpaqueId.IsValid(id));

    [Fact]
    public void A_list_takes_integers_and_texts()
    {
        Utf8JsonReader reader = new("""[7,"7","a/b",1.5,null,{"a":[1]}]"""u8);
        reader.Read();

        Assert.Equal(
            ["7", "7", "a/b", "", "", ""],
            new OpaqueIdListConverter().Read(ref reader, typeof(IReadOnlyList<string>), JsonSerializerOptions.Default)
        );
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
