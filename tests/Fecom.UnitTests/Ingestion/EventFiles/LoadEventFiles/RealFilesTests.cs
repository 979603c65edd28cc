using System.Text.Json;
using Fecom.Ingestion.Shared.ReadCsv;
using Fecom.Platform.Messaging;
using Fecom.Testing;
using Xunit;

namespace Fecom.UnitTests.Ingestion.EventFiles.LoadEventFiles;

/// <summary>The real files, whole and in a thousand mangled copies.</summary>
public sealed class RealFilesTests
{
    [Fact]
    public void TheMerchandiseStore_LoadsWithoutALoss()
    {
        List<OutgoingMessage> messages = BehaviorCsv.Messages(
            File.OpenRead(Repository.RealFileOrSkip("behaviour/ga-store-2016-08_09.csv"))
        );
        Assert.Equal(141_579, messages.Count);
        Assert.All(messages, message => Assert.Null(message.Malformed));
        Assert.Equal(
            JsonValueKind.Number,
            JsonDocument.Parse(messages[0].Value).RootElement.GetProperty("price").ValueKind
        );
    }

    [Fact]
    public void MangledCopies_KeepEveryLineInOneRecord()
    {
        byte[] original = File.ReadAllBytes(Repository.RealFileOrSkip("behaviour/2019-Oct.head.csv"))[..60_000];
        Random random = new(4);
        for (int copy = 0; copy < 1_000; copy++)
        {
            AssertAccountedFor(Mangle(original, random));
        }
    }

    private static void AssertAccountedFor(byte[] file)
    {
        using CsvRecordReader reader = new(new MemoryStream(file));
        reader.ReadHeader();
        CsvPosition expected = reader.Next;
        while (reader.Read())
        {
            ReadOnlySpan<byte> between = file.AsSpan((int)expected.Offset, (int)(reader.Offset - expected.Offset));
            Assert.False(
                between.ContainsAnyExcept((byte)'\r', (byte)'\n'),
                "bytes between two records were passed over"
            );
            Assert.Equal(expected.Line + between.Count((byte)'\n'), reader.Line);
            Assert.True(file.AsSpan((int)reader.Offset).StartsWith(reader.Record));
            expected = reader.Next;
        }

        Assert.False(
            file.AsSpan((int)expected.Offset).ContainsAnyExcept((byte)'\r', (byte)'\n'),
            "the end was passed over"
        );
    }

    private static byte[] Mangle(byte[] original, Random random)
    {
        List<byte> bytes = [.. original];
        for (int times = random.Next(1, 8); times > 0; times--)
        {
            int at = random.Next(200, bytes.Count);
            int length = Math.Min(random.Next(1, 3_000), bytes.Count - at);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] = (byte)'"';
                    break;
                case 2:
                    bytes.RemoveRange(at, length);
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                case 4:
                    bytes.InsertRange(at, Enumerable.Repeat((byte)'x', random.Next(100_000)));
                    break;
                default:
                    bytes.InsertRange(at, "\r\n\n\"\"\r"u8.ToArray());
                    break;
            }
        }

        return [.. bytes];
    }
}
