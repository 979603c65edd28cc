namespace Fecom.Features.StreamFeatures;

/// <summary>What is known of the online store on this host, as of the last look at it.</summary>
internal sealed class OnlineStoreState
{
    /// <summary>What Redis reported of its memory; null while it has not been asked.</summary>
    public RedisEviction? Eviction { get; set; }

    /// <summary>Whether Redis lacks what PostgreSQL has, and is being brought up.</summary>
    public bool IsBehind { get; set; }
}
