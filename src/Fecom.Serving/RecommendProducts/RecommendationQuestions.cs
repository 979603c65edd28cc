using Fecom.Learning.Recommend;
using Fecom.Learning.Views;
using Fecom.Serving.FollowSessions;
using Fecom.Serving.ReadOnlineStore;
using Microsoft.Extensions.Options;

namespace Fecom.Serving.RecommendProducts;

/// <summary>
/// Reads what a recommendation goes by, once, and gives what asks the recommender: as often as there are plans to answer by.
/// </summary>
internal sealed class RecommendationQuestions(
    OnlineStoreReader store,
    ProductRecommender recommender,
    LiveSessions sessions,
    IOptions<ServingOptions> options,
    TimeProvider time
)
{
    /// <summary>For a live session.</summary>
    /// <param name="id">The session.</param>
    /// <param name="userId">The visitor; null when the call does not name them.</param>
    /// <param name="filter">How many, and which not.</param>
    public async Task<Func<AnswerPlan, RecommendationAnswer>> ForSessionAsync(
        string id,
        string? userId,
        RecommendationFilter filter
    )
    {
        VisitorSession? kept = sessions.Find(id);
        OnlineStates? states = await ReadAsync(
            store.ReadAsync([id], [], userId is null ? [] : [userId]),
            kept is null ? null : options.Value.LiveSessionTimeout
        );
        VisitorSession live =
            states is null ? kept ?? VisitorSession.Empty
            : states.Sessions[0] is { } session ? VisitorSession.Of(session)
            : VisitorSession.Empty;
        return Ask(live.After(PastOf(states, id)), states, NewestCategory(states?.Sessions[0]), filter);
    }

    /// <summary>For a visitor.</summary>
    public async Task<Func<AnswerPlan, RecommendationAnswer>> ForUserAsync(string id, RecommendationFilter filter)
    {
        OnlineStates? states = await store.ReadAsync([], [], [id]);
        VisitorSession past = states?.Users[0] is { } user ? VisitorSession.Of(user) : VisitorSession.Empty;
        return Ask(past, states, newest: default, filter);
    }

    /// <summary>For a session whose events came with the call.</summary>
    /// <param name="told">The session.</param>
    /// <param name="id">Its id; null when the call does not name it.</param>
    /// <param name="userId">The visitor; null when the call does not name them.</param>
    /// <param name="filter">How many, and which not.</param>
    public async Task<Func<AnswerPlan, RecommendationAnswer>> ForToldSessionAsync(
        VisitorSession told,
        string? id,
        string? userId,
        RecommendationFilter filter
    )
    {
        if (userId is null)
        {
            Category category = await CategoryAsync(told.Visits[^1]);
            return plan => recommender.ForSession(new Visitor(told, []), filter, category, plan);
        }

        string last = told.Visits[^1];
        OnlineStates? states = await store.ReadAsync([], recommender.Knows(last) ? [] : [last], [userId]);
        ProductState? newest = states?.Products is [var product] ? product : null;
        PastProduct[] past = PastOf(states, id ?? "");
        // Of a session without an id nobody can tell which of the visitor's visits it is: what it names is not taken for earlier.
        past = id is null ? Array.FindAll(past, one => !told.Visits.Contains(one.ProductId)) : past;
        return Ask(told.After(past), states, CategoryOf(newest), filter);
    }

    /// <summary>For a product.</summary>
    public async Task<Func<AnswerPlan, RecommendationAnswer>> SimilarToAsync(string id, RecommendationFilter filter)
    {
        Category category = await CategoryAsync(id);
        return plan => recommender.Similar(id, filter, category, plan);
    }

    /// <summary>For anybody.</summary>
    public Func<AnswerPlan, RecommendationAnswer> Trending(RecommendationFilter filter) =>
        plan => recommender.Trending(filter, plan);

    /// <summary>Waits for what is read, but no longer than what is known without it allows.</summary>
    private async Task<OnlineStates?> ReadAsync(Task<OnlineStates?> read, TimeSpan? timeout)
    {
        try
        {
            return await (timeout is { } limit ? read.WaitAsync(limit, time) : read);
        }
        catch (TimeoutException)
        {
            // The read goes on and finds out by itself whether the store is away.
            return null;
        }
    }

    /// <param name="session">What is known of the visitor.</param>
    /// <param name="states">What the online store said; null when it did not answer, which the answer then says.</param>
    /// <param name="newest">The category of the newest product, for one that is newer than the recommender.</param>
    /// <param name="filter">How many, and which not.</param>
    private Func<AnswerPlan, RecommendationAnswer> Ask(
        VisitorSession session,
        OnlineStates? states,
        Category newest,
        RecommendationFilter filter
    )
    {
        Visitor visitor = new(session, BoughtBy(states));
        return plan =>
        {
            RecommendationAnswer answer = recommender.ForSession(visitor, filter, newest, plan);
            return states is null ? answer with { FallbackReason = RecommendationAnswer.StoreAway } : answer;
        };
    }

    /// <summary>Where the session's newest event says that its product belongs: so that no second read is needed.</summary>
    private static Category NewestCategory(SessionState? session) =>
        session is null ? default : Category.OfCode(session.Newest.CategoryId, session.Newest.CategoryCode);

    /// <summary>The category of a product that is newer than the recommender, from the online store, which has it from the product's first event on.</summary>
    private async Task<Category> CategoryAsync(string productId) =>
        recommender.Knows(productId) ? default : CategoryOf((await store.ReadAsync([], [productId], []))?.Products[0]);

    private static Category CategoryOf(ProductState? product) =>
        product is null ? default : Category.OfCode(product.Newest.CategoryId, product.Newest.CategoryCode);

    /// <summary>What the visitor dealt with on earlier visits; nothing where the visitor is not named or not known.</summary>
    private static PastProduct[] PastOf(OnlineStates? states, string session) =>
        states?.Users is [{ } user] ? PastProduct.Of(user, session) : [];

    private static string[] BoughtBy(OnlineStates? states)
    {
        List<string> bought = [];
        foreach (UserState user in states?.Users.OfType<UserState>() ?? [])
        {
            foreach (ref readonly Mark mark in user.Bought)
            {
                bought.Add(mark.Product!);
            }
        }

        return [.. bought];
    }
}
