using Fecom.Contracts;

namespace Fecom.Platform.Messaging;

/// <summary>A message that an endpoint could not process, as it is kept.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Endpoint">The endpoint that gave it up.</param>
/// <param name="Topic">Where it stood: topic, partition and offset.</param>
/// <param name="Partition">See <paramref name="Topic"/>.</param>
/// <param name="Offset">See <paramref name="Topic"/>.</param>
/// <param name="Reason">Why it could not be processed.</param>
/// <param name="Key">Its key.</param>
/// <param name="Original">Its bytes as they came.</param>
/// <param name="FailedAt">When it was given up, UTC.</param>
/// <param name="ResendAskedAt">When somebody asked for it to be processed again, UTC; null when nobody has.</param>
/// <param name="ResentAt">When the endpoint had taken it again, UTC; null while it has not.</param>
/// <param name="Cut">What the whole message was; null when its key and bytes are all there.</param>
internal sealed record KeptDeadLetter(
    long Id,
    string Endpoint,
    string Topic,
    int Partition,
    long Offset,
    string Reason,
    byte[] Key,
    byte[] Original,
    DateTime FailedAt,
    DateTime? ResendAskedAt,
    DateTime? ResentAt,
    CutOriginal? Cut
);

/// <summary>Which letters are meant; all when nothing is said.</summary>
/// <param name="Ids">Their numbers; null for any.</param>
/// <param name="Endpoint">The endpoint that gave them up; null for any.</param>
/// <param name="Topic">The topic they stood in; null for any.</param>
internal sealed record DeadLetterFilter(long[]? Ids, string? Endpoint, string? Topic);
