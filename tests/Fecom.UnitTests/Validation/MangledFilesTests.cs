using System.Text.Json;
using Fecom.Contracts;
using Fecom.Ingestion.EventFiles.Shared;
using Fecom.Ingestion.Shared.FindFiles;
using Fecom.Ingestion.Shared.ReadCsv;
using Fecom.Platform.Messaging;
using Fecom.Testing;
using Fecom.Validation.ValidateEvents;
using Microsoft.Extensions.Options;
using Xunit;

namespace Fecom.UnitTests.Validation;

/// <summary>A thousand mangled copies of the real files: each row that goes in comes out once, valid or invalid with its reason.</summary>
public sealed class MangledFilesTests(ITestOutputHelper output)
{
    private const int Copies = 500;
    private static readonly DateTime Received = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    private readonly EventSorter _sorter = Sorter();

    [Theory]
    [InlineData("behaviour/2019-Oct.head.csv", 1_000)]
    [InlineData("behaviour/ga-store-2016-08_09.csv", 2_000)]
    public void EveryRow_OfMangledCopies_IsValidOrInvalidAndNeverBothOrNeither(string file, int firstSeed)
    {
        string[] lines = [.. File.ReadLines(Repository.RealFileOrSkip(file)).Take(5_000)];
        (long rows, long valid, long refusedFiles) = (0, 0, 0);
        for (int seed = firstSeed; seed < firstSeed + Copies; seed++)
        {
            byte[] mangled = MangledFile.Make(lines, seed);
            if (Messages(mangled) is not { } messages)
            {
                refusedFiles++;
                continue;
            }

            valid += AssertSorted(messages, seed);
            rows += messages.Count;
            AssertRows(mangled, messages.Count, seed);
        }

        output.WriteLine(
            $"seeds {firstSeed} to {firstSeed + Copies - 1}: {rows} rows, {valid} valid, {refusedFiles} files refused for their header"
        );
        Assert.InRange(refusedFiles, 0, Copies / 10);
        Assert.InRange(valid, rows / 3, rows - 1);
    }

    private long AssertSorted(List<TopicMessage<RawMessage>> messages, int seed)
    {
        (IReadOnlyList<OutgoingMessage> valid, IReadOnlyList<OutgoingMessage> invalid) = _sorter.Sort(messages);
        long[] passed = [.. valid.Select(message => BehaviorEventJson.Read(message.Value).Position)];
        InvalidEvent[] refused =
        [
            .. invalid.Select(message => JsonSerializer.Deserialize<InvalidEvent>(message.Value, TopicJson.Options)!),
        ];

        Assert.True(
            messages.Count == passed.Length + refused.Length,
            $"seed {seed}: {messages.Count} rows, {passed.Length} valid, {refused.Length} invalid"
        );
        Assert.True(
            messages
                .Select(message => message.Origin.Position)
                .SequenceEqual(passed.Concat(refused.Select(e => e.Position)).Order()),
            $"seed {seed}: a row came out twice, or not at all"
        );
        Assert.All(refused, e => Assert.NotEmpty(e.Errors));
        return passed.Length;
    }

    /// <summary>Counted another way: without quotes a row is a line that is not empty.</summary>
    private static void AssertRows(byte[] file, int rows, int seed)
    {
        if (file.Contains((byte)'"'))
        {
            return;
        }

        int lines = -1;
        ReadOnlySpan<byte> rest = file;
        while (!rest.IsEmpty)
        {
            int end = rest.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? rest : rest[..end];
            lines += line.IsEmpty || (end >= 0 && line.SequenceEqual("\r"u8)) ? 0 : 1;
            rest = end < 0 ? [] : rest[(end + 1)..];
        }

        Assert.True(lines == rows, $"seed {seed}: {lines} lines, {rows} rows");
    }

    /// <summary>The file's rows as the raw topic carries them; null when it is refused for its header.</summary>
    private static List<TopicMessage<RawMessage>>? Messages(byte[] file)
    {
        using CsvRecordReader reader = new(new MemoryStream(file));
        if (!reader.ReadHeader() || !BehaviorHeader.TryRead(reader, out BehaviorHeader? header, out _))
        {
            return null;
        }

        using RawEventWriter writer = new(header, "file:mangled.csv@0");
        List<TopicMessage<RawMessage>> messages = [];
        while (reader.Read())
        {
            OutgoingMessage row = writer.Write(reader, Received);
            messages.Add(new(0, messages.Count, row.Key!, new RawMessage(row.Value), row.Origin!.Value, row.Malformed));
        }

        return messages;
    }

    private static EventSorter Sorter()
    {
        IOptions<ValidationRules> rules = Options.Create(new ValidationRules());
        return SortedEvents.Sorter(rules);
    }
}
