namespace Fecom.Platform.Jobs;

/// <summary>A job that a module registered.</summary>
/// <param name="Name">Name, unique in the process; the same in every replica.</param>
/// <param name="Description">What it does, for a person.</param>
/// <param name="Cron">When it runs by itself: Quartz's cron with seconds, in UTC. Null runs it on demand only.</param>
public sealed record JobDefinition(string Name, string Description, string? Cron);
