using Fecom.Contracts;
using Fecom.Testing;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Fecom.UnitTests.Contracts;

/// <summary>Visits come out of their messages as they went in, and what is no such message is told as such.</summary>
public sealed class VisitBlockTests
{
    private static readonly DateTime Now = new(2026, 11, 28, 21, 0, 0, DateTimeKind.Utc);

    [Fact]
    public void Visits_come_out_as_they_went_in()
    {
        EventMaker maker = new(seed: 31);
        ProductVisit[] visits =
        [
            .. Enumerable
                .Range(0, 3_000)
                .Select(_ => maker.Next().Event)
                .OfType<BehaviorEvent>()
                .Select(ProductVisit.Of),
            new ProductVisit("only", null, null, BehaviorEventType.RemoveFromCart, DateTime.MinValue),
            new ProductVisit("", "", "", BehaviorEventType.Purchase, DateTime.MaxValue.Date, true, "ä€😀", 0.10m, "s"),
            new ProductVisit("p", "p", null, BehaviorEventType.Cart, Now, Price: decimal.MaxValue, Session: "p"),
            new ProductVisit("p", null, null, BehaviorEventType.View, Now, Price: -79228162514264.337593543950335m),
        ];

        IReadOnlyList<byte[]> messages = new VisitBlockWriter().Write(visits);

        Assert.Equal(visits, messages.SelectMany(message => VisitBlock.Read(message).Visits));
        Assert.All(
            messages,
            message => Assert.InRange(VisitBlock.Read(message).Visits.Count, 1, VisitBlockWriter.MaxVisits)
        );
        Assert.True(messages.Sum(message => message.Length) < visits.Length * 80);
    }

    [Fact]
    public void A_message_has_room_for_what_a_topic_takes_whatever_the_texts()
    {
        ProductVisit[] visits =
        [
            .. Enumerable
                .Range(0, 2_000)
                .Select(i => new ProductVisit(
                    $"{new string('€', 60)}{i}",
                    $"{new string('€', 250)}{i}",
                    null,
                    BehaviorEventType.View,
                    Now
                )),
        ];

        IReadOnlyList<byte[]> messages = new VisitBlockWriter().Write(visits);

        Assert.All(messages, message => Assert.InRange(message.Length, 1, VisitBlockWriter.MaxBytes + 4_096));
        Assert.Equal(visits, messages.SelectMany(message => VisitBlock.Read(message).Visits));
    }

    [Fact]
    public void Nothing_is_no_message() => Assert.Empty(new VisitBlockWriter().Write([]));

    [Fact]
    public void What_is_no_message_is_told_as_such()
    {
        EventMaker maker = new(seed: 32, invalid: 0);
        byte[] message = new VisitBlockWriter().Write([
            .. Enumerable.Range(0, 20).Select(_ => ProductVisit.Of(maker.Next().Event!)),
        ])[0];
        int refused = 0;
        Prop.ForAll(
                Arb.From(
                    Gen.Choose(0, message.Length - 1)
                        .SelectMany(at => Gen.Choose(0, 255).Select(value => (At: at, Value: (byte)value)))
                ),
                change =>
                {
                    byte[] changed = [.. message];
                    changed[change.At] = change.Value;
                    refused += IsRefused(changed) ? 1 : 0;
                }
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(4_000));
        Assert.InRange(refused, 400, 3_999);
        Assert.All(new[] { 0, 2, 5 }, length => Assert.True(IsRefused(message[..length])));
    }

    private static bool IsRefused(byte[] bytes)
    {
        try
        {
            VisitBlock.Read(bytes);
            return false;
        }
        catch (FormatException)
        {
            return true;
        }
    }
}
