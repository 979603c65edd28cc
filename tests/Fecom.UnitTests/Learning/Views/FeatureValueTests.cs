using System.Text;
using Fecom.Learning.Views;
using Xunit;

namespace Fecom.UnitTests.Learning.Views;

public sealed class FeatureValueTests
{
    public static TheoryData<double> Doubles =>
        [
            0,
            -0.0,
            1,
            -1,
            0.1,
            -91.45,
            0.000_1,
            0.000_099,
            0.000_123,
            1e-7,
            999_999_999.999_999,
            1e9,
            123_456_789_012,
            1e15,
            1e16,
            0.1 + 0.2,
            1 / 3.0,
            double.Epsilon,
            double.MaxValue,
        ];

    [Theory]
    [MemberData(nameof(Doubles))]
    public void TryFormat_OfANumber_IsItsText(double number) => AssertSame(number);

    [Fact]
    public void TryFormat_OfNumbersByChance_IsTheirText()
    {
        Random random = new(1);
        for (int i = 0; i < 40_000; i++)
        {
            double millionths = random.NextInt64(1L << random.Next(1, 62)) / Math.Pow(10, random.Next(0, 9));
            AssertSame(random.Next(2) == 0 ? millionths : -millionths);
            AssertSame(BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue)));
        }
    }

    [Fact]
    public void TryFormat_OfDecimalsByChance_IsTheirText()
    {
        Random random = new(2);
        for (int i = 0; i < 40_000; i++)
        {
            int bits = random.Next(97);
            UInt128 units = new UInt128((ulong)random.NextInt64(), (ulong)random.NextInt64()) >> (127 - bits);
            units -= random.Next(2) == 0 ? units % 1_000 : 0;
            AssertSame(
                new decimal(
                    (int)(uint)units,
                    (int)(uint)(units >> 32),
                    (int)(uint)(units >> 64),
                    random.Next(2) == 0,
                    (byte)random.Next(29)
                )
            );
        }
    }

    [Fact]
    public void TryFormat_OfEverythingElse_IsItsText()
    {
        Random random = new(3);
        for (int i = 0; i < 10_000; i++)
        {
            AssertSame(random.NextInt64(long.MinValue, long.MaxValue));
            AssertSame(new DateTime(random.NextInt64(DateTime.MaxValue.Ticks), DateTimeKind.Utc));
        }

        AssertSame("текст, \"in\" quotes");
        AssertSame((string[])["a", "b"]);
        AssertSame(FeatureValue.Missing);
    }

    [Fact]
    public void TryFormat_WithoutRoom_SaysSo()
    {
        FeatureValue[] values = [12.5, 12.5m, 1 / 3.0, 125L, new DateTime(1, DateTimeKind.Utc), "text"];

        Assert.All(values, value => Assert.False(value.TryFormat(new byte[2], out _)));
    }

    private static void AssertSame(FeatureValue value)
    {
        Span<byte> utf8 = stackalloc byte[64];

        Assert.True(value.TryFormat(utf8, out int written));

        Assert.Equal(value.ToString(), Encoding.UTF8.GetString(utf8[..written]));
    }
}
