namespace Fecom.Platform.Messaging;

/// <summary>What an endpoint is doing, for health and logs.</summary>
internal sealed class EndpointStatus(TopicEndpointDefinition definition)
{
    private volatile string? _outage;

    public TopicEndpointDefinition Definition => definition;

    /// <summary>Why the endpoint waits; null while it runs.</summary>
    public string? Outage
    {
        get => _outage;
        set => _outage = value;
    }
}

/// <summary>The statuses of the process's endpoints.</summary>
internal sealed class EndpointStatuses(IEnumerable<TopicEndpointDefinition> endpoints)
{
    private readonly Dictionary<string, EndpointStatus> _byName = endpoints.ToDictionary(
        endpoint => endpoint.Name,
        endpoint => new EndpointStatus(endpoint),
        StringComparer.Ordinal
    );

    public IReadOnlyCollection<EndpointStatus> All => _byName.Values;

    public EndpointStatus Of(TopicEndpointDefinition endpoint) => _byName[endpoint.Name];
}
