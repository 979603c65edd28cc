using Fecom.Learning.Boosting;

namespace Fecom.Learning.NextItem;

/// <summary>Trains a ranker: weights of neighbours, then trees, then the index over everything.</summary>
/// <remarks>
/// Candidates come from the oldest sessions, and each step of the others is a question whose answer is known. All candidates of a
/// question are learned from: trees that see only some of them do worse than no trees.
/// </remarks>
internal sealed class SessionRankerTrainer(
    RankerOptions options,
    Action<string, double>? progress,
    CancellationToken cancellationToken
)
{
    /// <summary>Questions that are enough to grow trees.</summary>
    private const int EnoughQuestions = 200;

    /// <summary>Trains on all sessions of a log.</summary>
    /// <param name="log">The sessions.</param>
    /// <param name="products">Products of the shop.</param>
    /// <param name="pastOf">What the visitor of a session dealt with before it, the newest first; null where visitors are not known.</param>
    public TrainedRanker Train(SessionLog log, int products, Func<int, PastVisit[]>? pastOf)
    {
        int from = (int)(log.Count * (1 - options.RankedShare));
        progress?.Invoke($"indexing {from} sessions", 0);
        SessionIndex old = new(log, from, products);
        PairTable pairs = PairTable.Of(old, options.Threads, cancellationToken);
        List<NextItemCase> cases = NextItemCase.Of(log, from, log.Count);

        progress?.Invoke("weighing neighbours", 0.05);
        NeighbourTuner tuner = new(
            old,
            NextItemCase.Spread(cases, options.TuningQuestions),
            options.Threads,
            cancellationToken
        );
        NeighbourOptions neighbours =
            options.TuningQuestions > 0 && cases.Count > EnoughQuestions
                ? tuner.Tune(options.Neighbours)
                : options.Neighbours;

        ColumnScorer? trees = Grow(old, pairs, neighbours, NextItemCase.Spread(cases, options.MaxQuestions), pastOf);
        progress?.Invoke($"indexing {log.Count} sessions", 0.95);
        return new TrainedRanker(neighbours, trees, Serve(log, products, neighbours, trees));
    }

    /// <summary>The ranker over all sessions of a log.</summary>
    public SessionRanker Serve(SessionLog log, int products, NeighbourOptions neighbours, ColumnScorer? trees)
    {
        SessionIndex index = new(log, log.Count, products);
        PairTable pairs = PairTable.Of(index, options.Threads, cancellationToken);
        return new SessionRanker(index, pairs, new NeighbourWeights(index, neighbours), trees);
    }

    private ColumnScorer? Grow(
        SessionIndex index,
        PairTable pairs,
        NeighbourOptions neighbours,
        List<NextItemCase> cases,
        Func<int, PastVisit[]>? pastOf
    )
    {
        progress?.Invoke($"describing the candidates of {cases.Count} questions", 0.3);
        List<RankingRows.Question> questions = Describe(index, pairs, neighbours, cases, pastOf);
        if (questions.Count < EnoughQuestions)
        {
            return null;
        }

        progress?.Invoke($"growing {options.Trees} trees on {questions.Count} questions", 0.5);
        RankingRows rows = new(questions, WidthOf(pastOf), cancellationToken);
        return RankerTrainer.Scorer(RankerTrainer.Train(rows, options, cancellationToken));
    }

    /// <summary>The questions whose answer is among their candidates.</summary>
    private List<RankingRows.Question> Describe(
        SessionIndex index,
        PairTable pairs,
        NeighbourOptions neighbours,
        List<NextItemCase> cases,
        Func<int, PastVisit[]>? pastOf
    )
    {
        NeighbourWeights weights = new(index, neighbours);
        RankingRows.Question?[] questions = new RankingRows.Question?[cases.Count];
        Parallel.For(
            0,
            cases.Count,
            new ParallelOptions { MaxDegreeOfParallelism = options.Threads, CancellationToken = cancellationToken },
            () => new SessionRanker.Workspace(index, pairs, weights),
            (i, _, workspace) =>
            {
                ReadOnlySpan<int> session = index.Log[cases[i].Session];
                workspace.Describe(session[..cases[i].Length], pastOf?.Invoke(cases[i].Session));
                questions[i] = QuestionOf(workspace, session[cases[i].Length], WidthOf(pastOf));
                return workspace;
            },
            _ => { }
        );
        return [.. questions.OfType<RankingRows.Question>()];
    }

    /// <summary>Trees that learn from anonymous sessions see no features that never have a value: the draw of each tree's features is theirs alone.</summary>
    private static int WidthOf(Func<int, PastVisit[]>? pastOf) =>
        pastOf is null ? CandidateRows.AnonymousWidth : CandidateRows.Width;

    private static RankingRows.Question? QuestionOf(SessionRanker.Workspace workspace, int answer, int width)
    {
        int target = workspace.Candidates.Products.IndexOf(answer);
        if (target < 0)
        {
            return null;
        }

        float[] features = new float[workspace.Candidates.Count * width];
        for (int i = 0; i < workspace.Candidates.Count; i++)
        {
            workspace.Rows.CopyTo(i, features.AsSpan(i * width, width));
        }

        return new RankingRows.Question(features, target);
    }
}

/// <summary>What a training found.</summary>
/// <param name="Neighbours">Weights of neighbours.</param>
/// <param name="Trees">The trees; null when there were too few questions to grow any.</param>
/// <param name="Ranker">The ranker over everything.</param>
internal sealed record TrainedRanker(NeighbourOptions Neighbours, ColumnScorer? Trees, SessionRanker Ranker);
