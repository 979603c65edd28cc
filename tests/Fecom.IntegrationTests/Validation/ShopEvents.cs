using System.Text;
using Fecom.Contracts;
using Fecom.Platform.Messaging;

namespace Fecom.IntegrationTests.Validation;

/// <summary>Raw events of one source, sent in the order of their positions.</summary>
internal sealed class ShopEvents(ValidationHost host, string source = "file:test.csv@1")
{
    public const string Good =
        """{"event_time":"2019-10-01 00:00:00 UTC","event_type":"view","product_id":1,"price":35.79,"user_id":7,"user_session":"s"}""";

    private static readonly DateTime Received = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    private long _position;

    /// <summary>A good event with a part of it replaced.</summary>
    public static string With(string part, string instead) => Good.Replace(part, instead, StringComparison.Ordinal);

    /// <summary>Sends events and waits until every sink has them.</summary>
    public Task SendAsync(params string[] events) => SendAsync([.. events.Select(Encoding.UTF8.GetBytes)]);

    public async Task SendAsync(IReadOnlyList<byte[]> events)
    {
        await SendAtAsync([.. events.Select(e => (++_position, e))]);
    }

    /// <summary>Sends events at positions that may have been sent before.</summary>
    public async Task SendAtAsync(params (long Position, byte[] Json)[] events)
    {
        await host.Producer.SendAsync(
            Topics.RawUserBehavior,
            [
                .. events.Select(e => new OutgoingMessage(
                    "k"u8.ToArray(),
                    e.Json,
                    new MessageOrigin(source, e.Position, Received)
                )),
            ],
            TestContext.Current.CancellationToken
        );
        await host.Barrier.PassAsync(Topics.RawUserBehavior, TestContext.Current.CancellationToken);
    }
}
