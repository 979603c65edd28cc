using Fecom.Contracts;
using Fecom.Platform.Messaging;

namespace Fecom.Serving.FollowTrending;

/// <summary>Reads a message of visits.</summary>
internal sealed class VisitFormat : ITopicFormat<VisitBlock>
{
    public VisitBlock Read(ReadOnlySpan<byte> value) => VisitBlock.Read(value);
}
