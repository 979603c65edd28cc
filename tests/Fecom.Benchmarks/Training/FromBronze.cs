using System.Diagnostics;
using System.Globalization;
using Fecom.Learning.Boosting;
using Fecom.Learning.Purchase;
using Fecom.Training.ReadSessions;
using Fecom.Training.RegisterModels;
using Fecom.Training.TrackRuns;
using Npgsql;

namespace Fecom.Benchmarks.Training;

/// <summary>A training as the host does it, from the events of bronze to a registered version, with the time of each part.</summary>
internal sealed class FromBronze(TrainingStore store, BoostingOptions options)
{
    private readonly List<(string Name, double Seconds, string Meaning)> _parts = [];
    private long _start;

    /// <summary>What each part took, in the order in which they ran.</summary>
    public IReadOnlyList<(string Name, double Seconds, string Meaning)> Parts => _parts;

    /// <summary>Events that were read, twice.</summary>
    public long Events { get; private set; }

    /// <summary>The matrix that was learned from.</summary>
    public float[] Values { get; private set; } = [];

    /// <summary>Its labels.</summary>
    public bool[] Labels { get; private set; } = [];

    /// <summary>Fills bronze: sessions of a view and a cart, of which those with cheap products are often bought.</summary>
    public static async Task FillAsync(NpgsqlDataSource database, int sessions)
    {
        await using NpgsqlCommand command = database.CreateCommand(
            """
            insert into bronze.event (event_time, received_at, validated_at, event_id, position, event_type, product_id, category_id,
                category_code, brand, price, user_id, user_session, source)
            select at, at, at, gen_random_uuid(), s * 3 + v, (array['view', 'cart', 'purchase'])[v + 1], 'p' || s % 2000,
                'c' || s % 40, 'level' || s % 8 || '.level' || s % 40, 'brand' || s % 200, 1 + s % 97, 'u' || hashint4(s) % ($1 / 3),
                'session' || s, 'api'
            from generate_series(0, $1 - 1) s, generate_series(0, 2) v,
                lateral (select timestamptz '2026-01-01Z' + s * interval '5 seconds' + v * interval '1 second' as at) moment
            where v < 2 or abs(hashint4(s)) % 97 > 30 + s % 97
            order by s, v
            """
        );
        command.CommandTimeout = 0;
        command.Parameters.Add(new() { Value = sessions });
        await command.ExecuteNonQueryAsync();
    }

    public async Task RunAsync()
    {
        long run = await store
            .Get<RunLog>()
            .StartAsync("train_purchase_model", new RunStart(new Dictionary<string, object>(), 17), default);
        HistoryReader reader = store.Get<HistoryReader>();
        _start = Stopwatch.GetTimestamp();

        PurchaseRowFinder finder = new();
        Events = (await reader.ReadAsync(finder.Take, _ => { }, CancellationToken.None)).Events;
        PurchaseRows rows = finder.Find(TimeZoneInfo.Utc);
        Lap("find", "events to rows and labels");

        await reader.ReadAsync(rows.Take, _ => { }, CancellationToken.None);
        Lap("features", "events to what was known at each row");

        PurchaseDataSet data = rows.Split();
        Lap("split", "rows to parts by time");

        PurchaseEncoder encoder = PurchaseEncoder.Fit(data.Train);
        Values = PurchaseEncoder.EncodeOutOfFold(data.Train);
        Labels = [.. data.Train.Select(row => row.IsPurchased)];
        Lap("encode", "rows to the matrix");

        GrownTrees grown = BoostedTreesTrainer.Train(
            new FeatureMatrix(Values, Labels, PurchaseEncoder.Columns, CancellationToken.None),
            options,
            CancellationToken.None
        );
        TrainingBenchmark.RequireTrees(grown.Trees.Count);
        Lap("trees", "matrix to trees");

        PurchaseModel model = PurchaseModel.Of(
            encoder,
            PurchaseAlgorithm.LightGbm,
            data.Candidate,
            data.Zone,
            grown.Transformer,
            grown.Trees.Cover
        );
        PurchaseMetrics metrics = PurchaseMetrics.Of(model, data.Validation);
        if (metrics.Auc < 0.6)
        {
            throw new InvalidOperationException(
                string.Create(CultureInfo.InvariantCulture, $"The model is no good: AUC {metrics.Auc:0.000}.")
            );
        }

        Lap("quality", "quality on the newest rows");
        await store
            .Get<ModelRegistry>()
            .RegisterAsync(
                new NewVersion
                {
                    Model = PurchaseModel.Kind,
                    Run = run,
                    Artifact = model.Save(),
                    Read = PurchaseModel.Load,
                    Fingerprint = "from bronze",
                    Verdict = new GateVerdict([new GateCheck(GateCheck.Baseline, Passed: true, "a benchmark")]),
                },
                CancellationToken.None
            );
        Lap("store", "read back, stored, in the registry");
    }

    private void Lap(string name, string meaning)
    {
        _parts.Add((name, Stopwatch.GetElapsedTime(_start).TotalSeconds, meaning));
        _start = Stopwatch.GetTimestamp();
    }
}
