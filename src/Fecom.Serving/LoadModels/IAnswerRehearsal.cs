namespace Fecom.Serving.LoadModels;

/// <summary>Has what serves answer once, before visitors ask it.</summary>
internal interface IAnswerRehearsal
{
    /// <summary>Answers nobody. What fails is only not rehearsed: neither a start nor a model depends on it.</summary>
    Task RunAsync(CancellationToken cancellationToken);
}
