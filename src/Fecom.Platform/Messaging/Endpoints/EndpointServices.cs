using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Fecom.Platform.Messaging;

/// <summary>What every endpoint uses.</summary>
internal sealed record EndpointServices(
    KafkaCluster Cluster,
    OriginSeal Seal,
    ConsumerProgress Progress,
    TopicArrivals Arrivals,
    DeadLetterQueue DeadLetters,
    DeadLetterTable Letters,
    EndpointStatus Status,
    EndpointMetrics Metrics,
    OffsetMoves Moves,
    OffsetMoveTable MoveTable,
    IServiceScopeFactory Scopes,
    ILoggerFactory Loggers,
    TimeProvider Time
);
