using Fecom.Learning.Purchase;
using Fecom.Learning.Views;
using Fecom.Serving.LoadModels;
using Fecom.Serving.LogPredictions;
using Fecom.Serving.ReadOnlineStore;
using Fecom.Serving.TryChallengers;
using Microsoft.Extensions.Options;

namespace Fecom.Serving.PredictPurchase;

/// <summary>A product in a session with what the online store knows of both, of the visitor and of the shop.</summary>
internal readonly record struct Candidate(
    string ProductId,
    SessionState? Session,
    ProductState? Product,
    string? UserSession = null,
    UserState? User = null,
    ShopState? Shop = null,
    string? UserId = null
);

/// <summary>Predicts with the model that serves now. Where it cannot, the answer is the base rate, with the reason.</summary>
internal sealed partial class PurchasePredictor(
    ModelSlot<PurchaseModel> models,
    OnlineStoreReader store,
    PredictionLog log,
    Challengers challengers,
    ShadowQueue shadows,
    IOptions<ServingOptions> options,
    TimeProvider time
)
{
    public const string BaseRate = "base_rate";

    public async Task<PurchasePredictions> PredictAsync(IReadOnlyList<PredictionInstance?> instances, bool explain)
    {
        ServedModel<PurchaseModel>? served = models.Current;
        Distinct sessions = new(instances.Count);
        Distinct products = new(instances.Count);
        Distinct users = new(instances.Count);
        HashSet<int> unnamed = [];
        (int Session, int Product)[] places = new (int, int)[instances.Count];
        for (int i = 0; i < places.Length; i++)
        {
            PredictionInstance instance = instances[i]!;
            places[i] = (sessions.PlaceOf(instance.UserSession!), products.PlaceOf(instance.ProductId!));
            if (instance.UserId is { } user)
            {
                users.PlaceOf(user);
            }
            else
            {
                unnamed.Add(places[i].Session);
            }
        }

        OnlineStates? all = await store.ReadAsync(sessions.Ids, products.Ids, users.Ids, withShop: true);
        Dictionary<string, UserState> known = await UsersAsync(all, users, unnamed);
        Candidate[] candidates = new Candidate[places.Length];
        for (int i = 0; i < places.Length; i++)
        {
            PredictionInstance instance = instances[i]!;
            SessionState? session = all?.Sessions[places[i].Session];
            string? user = instance.UserId ?? session?.Newest.User;
            candidates[i] = new Candidate(
                instance.ProductId!,
                session,
                all?.Products[places[i].Product],
                instance.UserSession,
                user is null ? null : known.GetValueOrDefault(user),
                all?.Shop,
                user
            );
        }

        return Answer(served, CanaryFor(instances), candidates, all is not null, explain);
    }

    /// <summary>The visitors that were named, and those of sessions: a call that names every visitor is answered by one round trip, another one by two.</summary>
    private async Task<Dictionary<string, UserState>> UsersAsync(
        OnlineStates? all,
        Distinct users,
        HashSet<int> unnamed
    )
    {
        Dictionary<string, UserState> known = new(StringComparer.Ordinal);
        if (all is null)
        {
            return known;
        }

        Add(users.Ids, all.Users);
        Distinct others = new(unnamed.Count);
        foreach (int session in unnamed)
        {
            if (all.Sessions[session]?.Newest.User is { } user && !users.Has(user))
            {
                others.PlaceOf(user);
            }
        }

        if (others.Ids.Count > 0 && await store.ReadAsync([], [], others.Ids) is { } more)
        {
            Add(others.Ids, more.Users);
        }

        return known;

        void Add(List<string> ids, UserState?[] states)
        {
            for (int i = 0; i < ids.Count; i++)
            {
                if (states[i] is { } state)
                {
                    known[ids[i]] = state;
                }
            }
        }
    }

    /// <summary>Predictions in the order of the candidates.</summary>
    internal PurchasePredictions Answer(
        ServedModel<PurchaseModel>? served,
        ReadOnlySpan<Candidate> candidates,
        bool isStoreThere,
        bool explain
    )
    {
        DateTime now = Now();
        PurchasePrediction[] predictions = new PurchasePrediction[candidates.Length];
        List<PurchaseFeatures> features = new(candidates.Length);
        List<int> places = new(candidates.Length);
        for (int i = 0; i < candidates.Length; i++)
        {
            Candidate c = candidates[i];
            bool isKnown = CandidateFeatures.Of(c.ProductId, c.Session, c.Product, now) is not null;
            if (served is not null && isKnown && PurchaseFeatures.Of(MomentOf(c, served.Model.Zone, now)) is { } ready)
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
                FeaturesFound found = new(c.Session is not null, isKnown);
                predictions[i] = new PurchasePrediction(
                    rate,
                    inCart,
                    Note: null,
                    found,
                    BaseRate,
                    reason,
                    null,
                    served?.Version
                );
            }
        }

        if (served is not null && features.Count > 0)
        {
            Predict(served, features, places, candidates, predictions, explain, now);
        }

        return new PurchasePredictions(predictions, Describe(served));
    }

    private static CartMoment MomentOf(in Candidate c, TimeZoneInfo zone, DateTime now) =>
        new()
        {
            ProductId = c.ProductId,
            UserSession = c.UserSession,
            At = AtOf(c, now),
            Zone = zone,
            Session = c.Session,
            User = c.User,
            Product = c.Product,
            Shop = c.Shop,
        };

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

    private void Predict(
        ServedModel<PurchaseModel> served,
        List<PurchaseFeatures> features,
        List<int> places,
        ReadOnlySpan<Candidate> candidates,
        PurchasePrediction[] predictions,
        bool explain,
        DateTime now
    )
    {
        PurchaseModel model = served.Model;
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
                why,
                served.Version
            );
            if (candidate.UserSession is { } session && log.Samples())
            {
                log.Add(
                    new LoggedPrediction
                    {
                        PredictedAt = now,
                        At = AtOf(candidate, now),
                        Model = served.Name,
                        Version = served.Version,
                        UserId = candidate.UserId,
                        UserSession = session,
                        ProductId = candidate.ProductId,
                        Probability = probabilities[i],
                        IsValid = note is null,
                        Features = features[i],
                    }
                );
            }
        }
    }

    /// <summary>To the microsecond, as PostgreSQL keeps it: what is logged can be worked out again to the last bit.</summary>
    private DateTime Now()
    {
        DateTime now = time.GetUtcNow().UtcDateTime;
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }

    /// <summary>A session that is over stays in its own time, as of its last event: so history that is replayed is not mixed with today.</summary>
    private static DateTime AtOf(in Candidate c, DateTime now) =>
        c.Session is null || CandidateFeatures.IsOpen(c.Session, now) ? now : c.Session.EventTime;

    /// <summary>Ids, each once, in the order in which they first came.</summary>
    private sealed class Distinct(int capacity)
    {
        private readonly Dictionary<string, int> _places = new(capacity, StringComparer.Ordinal);

        public List<string> Ids { get; } = new(capacity);

        public bool Has(string id) => _places.ContainsKey(id);

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
