using Fecom.Learning.Recommend;
using Fecom.Serving.LoadModels;
using Fecom.Serving.RunExperiments;
using Fecom.Serving.TryChallengers;
using Microsoft.Extensions.Logging;

namespace Fecom.Serving.RecommendProducts;

/// <summary>
/// Decides what answers a visitor: the champion, or what is tried on a share of them. Whatever is tried and fails harms no answer: the
/// champion answers in its place.
/// </summary>
internal sealed partial class PlannedRecommender(
    Experiments experiments,
    Challengers challengers,
    ShadowQueue shadows,
    ILogger<PlannedRecommender> logger
)
{
    /// <summary>Answers a visitor.</summary>
    /// <param name="kind">The call.</param>
    /// <param name="unit">Whom the answer is for.</param>
    /// <param name="ask">Asks the recommender.</param>
    public RecommendationAnswer Answer(string kind, AnswerUnit unit, Func<AnswerPlan, RecommendationAnswer> ask)
    {
        if (experiments.Assign(kind, unit) is { } assignment)
        {
            return Try(assignment, ask);
        }

        if (challengers.CanaryFor(Recommender.Kind, unit) is { } canary)
        {
            return Try(new AnswerPlan { ModelVersion = canary }, ask);
        }

        RecommendationAnswer shown = ask(AnswerPlan.Usual);
        if (
            shown.Model.Version is { } version
            && challengers.ShadowFor(Recommender.Kind) is { } shadow
            && shadow != version
        )
        {
            shadows.Add(
                new ShadowWork(
                    new WantedVersion(Recommender.Kind, shadow),
                    Math.Max(1, shown.Items.Count),
                    () => Shadow(kind, shown, shadow, ask(new AnswerPlan { ModelVersion = shadow }))
                )
            );
        }

        return shown;
    }

    /// <summary>A visitor stays with the variant also where its model fails and the champion answers: it is judged by all that its visitors got.</summary>
    private RecommendationAnswer Try(Assignment assignment, Func<AnswerPlan, RecommendationAnswer> ask)
    {
        AnswerPlan plan = new()
        {
            ModelVersion = assignment.Variant.ModelVersion,
            Rules = assignment.Rules,
            Weights = assignment.Variant.SourceWeights,
        };
        RecommendationAnswer answer = plan.ModelVersion is null ? ask(plan) : Try(plan, ask);
        return answer with
        {
            Experiment = new AssignedVariant(assignment.Exposure.Experiment, assignment.Exposure.Variant)
            {
                Exposure = assignment.Exposure,
            },
        };
    }

    private RecommendationAnswer Try(AnswerPlan plan, Func<AnswerPlan, RecommendationAnswer> ask)
    {
        WantedVersion version = new(Recommender.Kind, plan.ModelVersion!.Value);
        try
        {
            RecommendationAnswer answer = ask(plan);
            challengers.Answered(version);
            return answer;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            challengers.Failed(version, e);
            LogFailed(version.Version, e.Message);
            RecommendationAnswer answer = ask(plan with { ModelVersion = null });
            string note = $"Version {version.Version} failed, and this version answered in its place.";
            return answer with { Model = answer.Model with { Notes = [.. answer.Model.Notes, note] } };
        }
    }

    /// <summary>While the challenger is not loaded the champion answers, and there is nothing to compare.</summary>
    private static ShadowRecommendation? Shadow(
        string kind,
        RecommendationAnswer shown,
        int version,
        RecommendationAnswer unseen
    ) =>
        unseen.Model.Version != version
            ? null
            : new ShadowRecommendation(
                shown.RecommendationId,
                kind,
                shown.Model.Version,
                version,
                [.. shown.Items.Select(item => item.ProductId)],
                [.. shown.Items.Select(item => item.Score)],
                [.. unseen.Items.Select(item => item.ProductId)],
                [.. unseen.Items.Select(item => item.Score)]
            );

    [LoggerMessage(LogLevel.Warning, "Recommender version {Version} failed, and the champion answered: {Reason}")]
    private partial void LogFailed(int version, string reason);
}
