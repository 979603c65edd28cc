namespace Fecom.Platform.Access;

/// <summary>What a caller may do. An API key has some of them; a person has those of a role (<see cref="AccessRoles"/>).</summary>
public static class AccessScopes
{
    /// <summary>Send events and feedback.</summary>
    public const string Ingest = "ingest";

    /// <summary>Ask for predictions, recommendations and online features.</summary>
    public const string Serve = "serve";

    /// <summary>See how the pipeline, the warehouse and the models are.</summary>
    public const string Read = "read";

    /// <summary>Change how they go: start runs, resend, promote models, set rules.</summary>
    public const string Operate = "operate";

    /// <summary>Say who may do what, and delete people. It includes all others.</summary>
    public const string Admin = "admin";

    /// <summary>Every scope.</summary>
    public static IReadOnlyList<string> All { get; } = [Ingest, Serve, Read, Operate, Admin];
}
