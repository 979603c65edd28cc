using System.Diagnostics.CodeAnalysis;
using System.Net.Mime;
using System.Text.Json;
using MassTransit;
using MassTransit.Serialization;

namespace Fecom.Platform.Messaging;

/// <summary>Passes a batch to a MassTransit consumer as an object, in a payload of the receive context: nothing is serialized.</summary>
internal sealed class BatchSerialization : ISerializerFactory, IMessageDeserializer
{
    public const string MediaType = "application/vnd.fecom.batch";

    public ContentType ContentType { get; } = new(MediaType);

    public IMessageSerializer CreateSerializer() => new SystemTextJsonRawMessageSerializer();

    public IMessageDeserializer CreateDeserializer() => this;

    public void Probe(ProbeContext context) => context.CreateScope("topic-batch");

    public MessageBody GetMessageBody(string text) => throw new NotSupportedException("A batch has no text.");

    public SerializerContext Deserialize(MessageBody body, Headers headers, Uri? destinationAddress = null) =>
        throw new NotSupportedException("A batch has no body.");

    public ConsumeContext Deserialize(ReceiveContext receiveContext) =>
        receiveContext.TryGetPayload(out BatchPayload? payload)
            ? new BodyConsumeContext(receiveContext, new BatchContext(receiveContext, payload.Batch))
            : throw new ConsumerCanceledException("The receive context carries no batch.");

    private sealed class BatchContext(ReceiveContext receive, object batch)
        : SystemTextJsonRawSerializerContext(
            SystemTextJsonMessageSerializer.Instance,
            SystemTextJsonMessageSerializer.Options,
            new ContentType(MediaType),
            new RawMessageContext(receive.TransportHeaders, receive.InputAddress, RawSerializerOptions.Default),
            [MessageUrn.ForTypeString(batch.GetType())],
            RawSerializerOptions.Default,
            Empty
        )
    {
        private static readonly JsonElement Empty = JsonDocument.Parse("{}").RootElement;

        public override bool TryGetMessage<T>(out T? message)
            where T : class => (message = batch as T) is not null;

        public override bool TryGetMessage(Type messageType, [NotNullWhen(true)] out object? message) =>
            (message = messageType.IsInstanceOfType(batch) ? batch : null) is not null;
    }
}

/// <summary>Carries a batch through MassTransit's receive context.</summary>
/// <param name="Batch">A <see cref="TopicBatch{T}"/>.</param>
internal sealed record BatchPayload(object Batch);
