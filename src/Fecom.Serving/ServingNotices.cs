namespace Fecom.Serving;

/// <summary>What hosts tell each other of serving's tables.</summary>
internal static class ServingNotices
{
    /// <summary>The rules or the stock have changed.</summary>
    public const string Rules = "rules";

    /// <summary>A challenger's setting, or the version that an alias stands for, has changed.</summary>
    public const string Challengers = "challengers";

    /// <summary>An experiment has changed.</summary>
    public const string Experiments = "experiments";
}
