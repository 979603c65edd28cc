namespace Fecom.Training;

/// <summary>
/// Trainings that were asked for because something has moved, and that none has answered: a request is open until a training that took it,
/// or a later one, has come to its end, however often one was cut off, stopped or failed before that.
/// </summary>
internal static class OpenRequests
{
    /// <summary>What follows <c>from</c>: those of <c>@job</c>, as <c>q</c>.</summary>
    public const string OfJob = """
        training.retraining q where q.job = @job and not exists (
            select from training.run r where r.job = @job and r.id >= q.run_id and r.state = 'completed')
        """;
}
