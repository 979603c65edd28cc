using System.Globalization;
using Fecom.Learning.Purchase;
using Microsoft.ML;
using Xunit;

namespace Fecom.UnitTests.Learning.Purchase;

public sealed class ValueMapBlocksTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(200)]
    [InlineData(60_000)]
    public void InOrder_HoweverThreadsEnded_IsTheSameMap(int rows)
    {
        MLContext ml = new(seed: 1);
        Row[] map =
        [
            .. Enumerable
                .Range(0, rows)
                .Select(i => new Row { Key = i.ToString(CultureInfo.InvariantCulture), Value = i }),
        ];

        byte[][] saved = [.. Enumerable.Range(0, 20).Select(_ => ValueMapBlocks.InOrder(Save(ml, map)))];

        Assert.All(saved, bytes => Assert.Equal(saved[0], bytes));
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(path, saved[0]);
            Assert.Equal(
                map.Select(row => (row.Key, row.Value)),
                ml.Data.CreateEnumerable<Row>(ml.Data.LoadFromBinary(path), reuseRowObject: false)
                    .Select(row => (row.Key, row.Value))
            );
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static byte[] Save(MLContext ml, Row[] map)
    {
        using MemoryStream file = new();
        ml.Data.SaveAsBinary(ml.Data.LoadFromEnumerable(map), file);
        return file.ToArray();
    }

    private sealed class Row
    {
        public string Key { get; set; } = "";

        public float Value { get; set; }
    }
}
