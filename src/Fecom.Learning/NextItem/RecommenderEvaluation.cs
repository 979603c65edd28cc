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

    private delegate int Answering(ReadOnlySpan<int> session, Span<int> products);

    /// <summary>Trains and measures.</summary>
    /// <param name="sessions">Ids of each session's products in the order in which they were visited; the oldest session first.</param>
    /// <param name="heldOut">Share of the sessions that is asked about: the newest, above 0 and below 1.</param>
    /// <param name="options">How to train.</param>
    /// <param name="progress">Hears what comes next and the share of it that is done by then, 0 to 1; may be null.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The recommender first.</returns>
    /// <exception cref="InvalidDataException">There are too few sessions, or none of the newest has a second product.</exception>
    public static IReadOnlyList<RecommenderQuality> Run(
        IReadOnlyList<IReadOnlyList<string>> sessions,
        double heldOut,
        RankerOptions options,
        Action<string, double>? progress,
        CancellationToken cancellationToken
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
                cancellationToken
            );
            foreach (IReadOnlyList<string> session in sessions.Skip(from))
            {
                asked.Add(trained.NumbersOf(session));
            }

            cases = NextItemCase.Spread(NextItemCase.Of(asked, 0, asked.Count), MaxQuestions);
            if (cases.Count > 0)
            {
                IEnumerable<IReadOnlyList<string>> old = sessions.Take(from);
                return
                [
                    .. Recommenders(trained, old)
                        .Select(recommender =>
                        {
                            progress?.Invoke($"asking {recommender.Name}", 1);
                            return RecommenderQuality.Of(
                                recommender.Name,
                                trained.Ranker.Index,
                                Ask(recommender.Rank, asked, cases, cancellationToken)
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
        IEnumerable<IReadOnlyList<string>> sessions
    )
    {
        SessionRanker ranker = trained.Ranker;
        NeighbourWeights weights = ranker.Weights;
        SessionRanker blend = new(ranker.Index, ranker.Pairs, weights, trees: null);
        float[] scores = new float[RecommenderQuality.Places];
        yield return ("ranker", (session, products) => ranker.Rank(session, products, scores));
        yield return ("blend without ranker", (session, products) => blend.Rank(session, products, scores));

        NeighbourSource neighbours = new(ranker.Index, weights);
        yield return ("session kNN", Alone(neighbours.Score, CandidateSignal.Neighbours));
        yield return ("same way (suffix)", Alone(neighbours.Score, CandidateSignal.Suffix));
        TransitionSource transitions = new(ranker.Index, ranker.Pairs);
        yield return ("item kNN (cosine)", Alone(transitions.Score, CandidateSignal.CoVisits));
        yield return ("transitions", Alone(transitions.Score, CandidateSignal.Forward));
        yield return ("two transitions", Alone(new TwoStepSource(ranker.Pairs).Score, CandidateSignal.TwoSteps));
        yield return ("co-visitation", CoVisitation(trained, sessions));
        yield return ("popular lately", (_, products) => Popular(ranker.Index, products));

        Answering Alone(Action<SessionQuery, ScoreTable> score, CandidateSignal signal) =>
            new SingleSource(ranker.Index, score, signal).Rank;
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
        return (session, products) =>
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
            int count = recommender(session[..question.Length], products);
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
