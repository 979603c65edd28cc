using System.Diagnostics;
using Fecom.Contracts;
using Fecom.Learning.Recommend;
using Fecom.Learning.Views;

namespace Fecom.Learning.NextItem;

/// <summary>Trains on the oldest sessions and asks after each step of the newest ones what comes next, by the call that serves; beside it each source alone and plain methods.</summary>
public static class RecommenderEvaluation
{
    /// <summary>The most questions that each recommender is asked; evenly spread when there are more.</summary>
    private const int MaxQuestions = 20_000;

    private delegate int Answering(ReadOnlySpan<int> session, ReadOnlySpan<PastVisit> past, Span<int> products);

    /// <summary>Trains and measures.</summary>
    /// <param name="sessions">Ids of each session's products in the order in which they were visited; the oldest session first.</param>
    /// <param name="heldOut">Share of the sessions that is asked about: the newest, above 0 and below 1.</param>
    /// <param name="options">How to train.</param>
    /// <param name="progress">Hears what comes next and the share of it that is done by then, 0 to 1; may be null.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="pastOf">What the visitor of a session, by its place in <paramref name="sessions"/>, dealt with before it, the newest first; null where visitors are not known.</param>
    /// <returns>The recommender first.</returns>
    /// <exception cref="InvalidDataException">There are too few sessions, or none of the newest has a second product.</exception>
    public static IReadOnlyList<RecommenderQuality> Run(
        IReadOnlyList<IReadOnlyList<string>> sessions,
        double heldOut,
        RankerOptions options,
        Action<string, double>? progress,
        CancellationToken cancellationToken,
        Func<int, IReadOnlyList<PastProduct>>? pastOf = null
    )
    {
        int from = sessions.Count - (int)Math.Ceiling(sessions.Count * heldOut);
        SessionLog asked = new();
        List<NextItemCase> cases = [];
        if (from > 0)
        {
            SessionRecommender trained = SessionRecommender.Train(
                sessions.Take(from),
                options,
                progress,
                cancellationToken,
                pastOf
            );
            foreach (IReadOnlyList<string> session in sessions.Skip(from))
            {
                asked.Add(trained.NumbersOf(session));
            }

            cases = NextItemCase.Spread(NextItemCase.Of(asked, 0, asked.Count), MaxQuestions);
            if (cases.Count > 0)
            {
                IEnumerable<IReadOnlyList<string>> old = sessions.Take(from);
                PastVisit[][] pasts =
                [
                    .. Enumerable
                        .Range(from, asked.Count)
                        .Select(session => pastOf is null ? [] : trained.NumbersOf(pastOf(session))),
                ];
                return
                [
                    .. Recommenders(trained, old, withPast: pastOf is not null)
                        .Select(recommender =>
                        {
                            progress?.Invoke($"asking {recommender.Name}", 1);
                            return RecommenderQuality.Of(
                                recommender.Name,
                                trained.Ranker.Index,
                                Ask(recommender.Rank, asked, pasts, cases, cancellationToken)
                            );
                        }),
                ];
            }
        }

        throw new InvalidDataException(
            $"Of {sessions.Count} sessions the newest {sessions.Count - from} were held out, and that leaves nothing to learn from or to ask: a session needs two products."
        );
    }

    /// <summary>The one that serves, then its candidates without trees, then each source, then what is popular.</summary>
    private static IEnumerable<(string Name, Answering Rank)> Recommenders(
        SessionRecommender trained,
        IEnumerable<IReadOnlyList<string>> sessions,
        bool withPast
    )
    {
        SessionRanker ranker = trained.Ranker;
        NeighbourWeights weights = ranker.Weights;
        SessionRanker blend = new(ranker.Index, ranker.Pairs, weights, trees: null);
        float[] scores = new float[RecommenderQuality.Places];
        yield return ("ranker", (session, past, products) => ranker.Rank(session, past, products, scores));
        if (withPast)
        {
            yield return (
                "without earlier visits",
                (session, _, products) => ranker.Rank(session, [], products, scores)
            );
            yield return ("earlier visits", (_, past, products) => Earlier(ranker.Index, past, products));
        }

        yield return ("blend without ranker", (session, past, products) => blend.Rank(session, past, products, scores));

        NeighbourSource neighbours = new(ranker.Index, weights);
        yield return ("session kNN", Alone(neighbours.Score, CandidateSignal.Neighbours));
        yield return ("same way (suffix)", Alone(neighbours.Score, CandidateSignal.Suffix));
        TransitionSource transitions = new(ranker.Index, ranker.Pairs);
        yield return ("item kNN (cosine)", Alone(transitions.Score, CandidateSignal.CoVisits));
        yield return ("transitions", Alone(transitions.Score, CandidateSignal.Forward));
        yield return ("two transitions", Alone(new TwoStepSource(ranker.Pairs).Score, CandidateSignal.TwoSteps));
        yield return ("co-visitation", CoVisitation(trained, sessions));
        yield return ("popular lately", (_, _, products) => Popular(ranker.Index, products));

        Answering Alone(Action<SessionQuery, ScoreTable> score, CandidateSignal signal)
        {
            SingleSource source = new(ranker.Index, score, signal);
            return (session, _, products) => source.Rank(session, products);
        }
    }

    /// <summary>What the visitor dealt with on earlier visits, the newest first.</summary>
    private static int Earlier(SessionIndex index, ReadOnlySpan<PastVisit> past, Span<int> products)
    {
        int count = 0;
        foreach (ref readonly PastVisit visit in past)
        {
            if (count < products.Length && index.Knows(visit.Product))
            {
                products[count++] = visit.Product;
            }
        }

        return count;
    }

    private static int Popular(SessionIndex index, Span<int> products)
    {
        int count = Math.Min(products.Length, index.ByPopularity.Length);
        index.ByPopularity.AsSpan(0, count).CopyTo(products);
        return count;
    }

    /// <summary>The index that answers where there is no ranker.</summary>
    private static Answering CoVisitation(SessionRecommender trained, IEnumerable<IReadOnlyList<string>> sessions)
    {
        CoVisitationBuilder builder = new(new CoVisitationOptions(), DateTime.UnixEpoch);
        foreach (IReadOnlyList<string> session in sessions)
        {
            builder.AddSession(
                [.. session.Select(id => new SessionVisit(builder.Products.Number(id), BehaviorEventType.View))],
                DateTime.UnixEpoch
            );
        }

        CoVisitationIndex index = builder.Build();
        return (session, _, products) =>
        {
            RecentProduct[] recent = [];
            foreach (int product in session)
            {
                string id = product < 0 ? "" : trained.IdOf(product);
                recent = RecentProducts.Add(recent, id, BehaviorEventType.View);
            }

            IReadOnlyList<Recommendation> answer = index.Recommend(recent, new() { Count = products.Length });
            for (int i = 0; i < answer.Count; i++)
            {
                products[i] = trained.NumberOf(answer[i].ProductId);
            }

            return answer.Count;
        };
    }

    private static List<RecommenderAnswer> Ask(
        Answering recommender,
        SessionLog asked,
        PastVisit[][] pasts,
        List<NextItemCase> cases,
        CancellationToken cancellationToken
    )
    {
        List<RecommenderAnswer> answers = new(cases.Count);
        int[] products = new int[RecommenderQuality.Places];
        foreach (NextItemCase question in cases)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ReadOnlySpan<int> session = asked[question.Session];
            long start = Stopwatch.GetTimestamp();
            int count = recommender(session[..question.Length], pasts[question.Session], products);
            answers.Add(
                new RecommenderAnswer(
                    question.Session,
                    session[question.Length],
                    products[..count],
                    Stopwatch.GetElapsedTime(start).TotalMilliseconds
                )
            );
        }

        return answers;
    }
}
