namespace Fecom.Serving;

/// <summary>The module's advisory locks.</summary>
internal static class ServingLocks
{
    public const long TakeFeedback = 0x6665_636f_6d60;
    public const long TellFeedback = 0x6665_636f_6d61;
    public const long CountExperiments = 0x6665_636f_6d63;
    public const long MakePartitions = 0x6665_636f_6d62;
}
