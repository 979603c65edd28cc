using Fecom.Learning.Purchase;
using Fecom.Serving.LoadModels;
using Fecom.Serving.LogPredictions;
using Fecom.Serving.TryChallengers;

namespace Fecom.Serving.PredictPurchase;

/// <summary>What the challenger answers in the champion's place, and what it predicts unseen.</summary>
internal sealed partial class PurchasePredictor
{
    /// <summary>The challenger, and for whom of the instances it answers; null when for none.</summary>
    private (ServedModel<PurchaseModel> Model, bool[] Answers)? CanaryFor(IReadOnlyList<PredictionInstance?> instances)
    {
        bool[]? answers = null;
        ServedModel<PurchaseModel>? canary = null;
        for (int i = 0; i < instances.Count; i++)
        {
            AnswerUnit unit = new(instances[i]!.UserId, instances[i]!.UserSession);
            if (
                challengers.CanaryFor(PurchaseModel.Kind, unit) is { } version
                && (canary ??= models.Find(version)) is not null
            )
            {
                (answers ??= new bool[instances.Count])[i] = true;
            }
        }

        return answers is null ? null : (canary!, answers);
    }

    /// <summary>Predictions in the order of the candidates, by the challenger where it answers; where it fails the champion does.</summary>
    private PurchasePredictions Answer(
        ServedModel<PurchaseModel>? served,
        (ServedModel<PurchaseModel> Model, bool[] Answers)? canary,
        Candidate[] candidates,
        bool isStoreThere,
        bool explain
    )
    {
        if (canary is not { } trial)
        {
            return Shadowed(served, candidates, Answer(served, candidates, isStoreThere, explain));
        }

        Candidate[] tried = [.. candidates.Where((_, i) => trial.Answers[i])];
        Candidate[] others = [.. candidates.Where((_, i) => !trial.Answers[i])];
        PurchasePredictions byChallenger = Try(trial.Model, served, tried, isStoreThere, explain);
        if (others.Length == 0)
        {
            return byChallenger;
        }

        PurchasePredictions byChampion = Shadowed(served, others, Answer(served, others, isStoreThere, explain));
        PurchasePrediction[] all = new PurchasePrediction[candidates.Length];
        (int first, int second) = (0, 0);
        for (int i = 0; i < all.Length; i++)
        {
            all[i] = trial.Answers[i] ? byChallenger.Predictions[first++] : byChampion.Predictions[second++];
        }

        return byChampion with
        {
            Predictions = all,
        };
    }

    private PurchasePredictions Try(
        ServedModel<PurchaseModel> challenger,
        ServedModel<PurchaseModel>? champion,
        Candidate[] candidates,
        bool isStoreThere,
        bool explain
    )
    {
        WantedVersion version = new(PurchaseModel.Kind, challenger.Version);
        try
        {
            PurchasePredictions answer = Answer(challenger, candidates, isStoreThere, explain);
            challengers.Answered(version);
            return answer;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            challengers.Failed(version, e);
            PurchasePredictions answer = Answer(champion, candidates, isStoreThere, explain);
            string note = $"Version {version.Version} failed, and this version answered in its place.";
            return answer with { Model = answer.Model with { Notes = [.. answer.Model.Notes, note] } };
        }
    }

    /// <summary>Has the challenger predict the same unseen, where it is to.</summary>
    private PurchasePredictions Shadowed(
        ServedModel<PurchaseModel>? served,
        Candidate[] candidates,
        PurchasePredictions shown
    )
    {
        if (
            served is not null
            && challengers.ShadowFor(PurchaseModel.Kind) is { } version
            && version != served.Version
            && models.Find(version) is { } challenger
        )
        {
            DateTime now = Now();
            shadows.Add(
                new ShadowWork(
                    new WantedVersion(PurchaseModel.Kind, version),
                    candidates.Length,
                    () =>
                    {
                        PredictUnseen(challenger, candidates, shown.Predictions, now);
                        return null;
                    }
                )
            );
        }

        return shown;
    }

    private void PredictUnseen(
        ServedModel<PurchaseModel> challenger,
        Candidate[] candidates,
        IReadOnlyList<PurchasePrediction> shown,
        DateTime now
    )
    {
        for (int i = 0; i < candidates.Length; i++)
        {
            Candidate c = candidates[i];
            if (
                shown[i].Fallback is null
                && c.UserSession is { } session
                && PurchaseFeatures.Of(MomentOf(c, challenger.Model.Zone, now)) is { } features
            )
            {
                CartPlace place = CartPlaces.Of(c.Session, c.ProductId);
                log.Add(
                    new LoggedPrediction
                    {
                        PredictedAt = now,
                        At = AtOf(c, now),
                        Model = challenger.Name,
                        Version = challenger.Version,
                        UserId = c.UserId,
                        UserSession = session,
                        ProductId = c.ProductId,
                        Probability = challenger.Model.Predict(features),
                        ShownProbability = shown[i].Probability,
                        IsValid = Validity.Note(challenger.Model, place, c.Session is not null) is null,
                        Features = features,
                    }
                );
            }
        }
    }
}
