using MassTransit;

namespace Fecom.Platform.Messaging;

/// <summary>An endpoint as it was registered.</summary>
internal interface ITopicEndpoint
{
    TopicEndpointDefinition Definition { get; }

    EndpointServices Services { get; }

    /// <summary>Gives it to a reader, with nothing in it of an earlier one.</summary>
    IReaderMember Open();
}

/// <summary>An endpoint of <typeparamref name="TConsumer"/>.</summary>
internal sealed class TopicEndpoint<T, TConsumer>(
    TopicEndpointDefinition definition,
    ITopicFormat<T> format,
    ISinkOffsets? sinkOffsets,
    EndpointServices services
) : ITopicEndpoint
    where T : class
    where TConsumer : class, IConsumer<TopicBatch<T>>
{
    public TopicEndpointDefinition Definition => definition;

    public EndpointServices Services => services;

    public IReaderMember Open() => new ReaderMember<T, TConsumer>(definition, format, sinkOffsets, services);
}
