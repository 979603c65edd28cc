using Fecom.Learning.Purchase;
using Fecom.Learning.Views;
using Fecom.Serving.LoadModels;
using Fecom.Serving.ReadOnlineStore;
using Microsoft.Extensions.Options;

namespace Fecom.Serving.PredictPurchase;

/// <summary>A product in a session with what the online store knows of both.</summary>
internal readonly record struct Candidate(string ProductId, SessionState? Session, ProductState? Product);

/// <summary>Predicts with the model that serves now. Where it cannot, the answer is the base rate, with the reason.</summary>
internal sealed class PurchasePredictor(
    ModelSlot<PurchaseModel> models,
    OnlineStoreReader store,
    IOptions<ServingOptions> options,
    TimeProvider time
)
{
    public const string BaseRate = "base_rate";

    public async Task<PurchasePredictions> PredictAsync(IReadOnlyList<PredictionInstance?> instances, bool explain)
    {
        ServedModel<PurchaseModel>? served = models.Current;
        if (instances.Count == 1)
        {
            PredictionInstance only = instances[0]!;
            OnlineStates? states = await store.ReadAsync([only.UserSession!], [only.ProductId!], []);
            Candidate candidate = new(only.ProductId!, states?.Sessions[0], states?.Products[0]);
            return Answer(served, [candidate], states is not null, explain);
        }

        Distinct sessions = new(instances.Count);
        Distinct products = new(instances.Count);
        (int Session, int Product)[] places =
        [
            .. instances.Select(instance =>
                (sessions.PlaceOf(instance!.UserSession!), products.PlaceOf(instance.ProductId!))
            ),
        ];
        OnlineStates? all = await store.ReadAsync(sessions.Ids, products.Ids, []);
        Candidate[] candidates =
        [
            .. places.Select(place => new Candidate(
                products.Ids[place.Product],
                all?.Sessions[place.Session],
                all?.Products[place.Product]
            )),
        ];
        return Answer(served, candidates, all is not null, explain);
    }

    /// <summary>Predictions in the order of the candidates.</summary>
    internal PurchasePredictions Answer(
        ServedModel<PurchaseModel>? served,
        ReadOnlySpan<Candidate> candidates,
        bool isStoreThere,
        bool explain
    )
    {
        DateTime now = time.GetUtcNow().UtcDateTime;
        PurchasePrediction[] predictions = new PurchasePrediction[candidates.Length];
        List<SessionFeatures> features = new(candidates.Length);
        List<int> places = new(candidates.Length);
        for (int i = 0; i < candidates.Length; i++)
        {
            Candidate c = candidates[i];
            SessionFeatures? known = CandidateFeatures.Of(c.ProductId, c.Session, c.Product, now);
            if (served is not null && known is { } ready)
            {
                features.Add(ready);
                places.Add(i);
            }
            else
            {
                string reason =
                    served is null ? "no_model"
                    : isStoreThere ? "product_unknown"
                    : "online_store_away";
                float rate = (float)(served?.Model.BaseRate ?? options.Value.BaseRate);
                bool? inCart = Validity.InCart(CartPlaces.Of(c.Session, c.ProductId));
                FeaturesFound found = new(c.Session is not null, known is not null);
                predictions[i] = new PurchasePrediction(rate, inCart, Note: null, found, BaseRate, reason, null);
            }
        }

        if (served is not null && features.Count > 0)
        {
            Predict(served.Model, features, places, candidates, predictions, explain);
        }

        return new PurchasePredictions(predictions, Describe(served));
    }

    private PurchaseModelAnswer Describe(ServedModel<PurchaseModel>? served) =>
        served is null
            ? new(BaseRate, null, BaseRate, null, [])
            : new(
                served.Name,
                served.Version,
                served.Model.Algorithm.Name(),
                Validity.Of(served.Model),
                models.Describe(served).Notes
            );

    private static void Predict(
        PurchaseModel model,
        List<SessionFeatures> features,
        List<int> places,
        ReadOnlySpan<Candidate> candidates,
        PurchasePrediction[] predictions,
        bool explain
    )
    {
        float[] probabilities = new float[features.Count];
        model.Predict(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(features), probabilities);
        for (int i = 0; i < probabilities.Length; i++)
        {
            Candidate candidate = candidates[places[i]];
            CartPlace place = CartPlaces.Of(candidate.Session, candidate.ProductId);
            string? note = Validity.Note(model, place, candidate.Session is not null);
            FeaturesFound found = new(candidate.Session is not null, Product: true);
            IReadOnlyList<FeatureContribution>? why = explain ? Explanation.Of(model, features[i]) : null;
            predictions[places[i]] = new PurchasePrediction(
                probabilities[i],
                Validity.InCart(place),
                note,
                found,
                null,
                null,
                why
            );
        }
    }

    /// <summary>Ids, each once, in the order in which they first came.</summary>
    private sealed class Distinct(int capacity)
    {
        private readonly Dictionary<string, int> _places = new(capacity, StringComparer.Ordinal);

        public List<string> Ids { get; } = new(capacity);

        public int PlaceOf(string id)
        {
            if (!_places.TryGetValue(id, out int place))
            {
                _places.Add(id, place = Ids.Count);
                Ids.Add(id);
            }

            return place;
        }
    }
}
