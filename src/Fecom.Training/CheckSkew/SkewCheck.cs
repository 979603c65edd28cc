using System.Globalization;
using Fecom.Learning.Purchase;
using Fecom.Learning.Views;
using Fecom.Platform;
using Fecom.Training.ReadServed;
using Fecom.Training.ReadSessions;
using Fecom.Training.WatchModels;
using Microsoft.Extensions.Options;

namespace Fecom.Training.CheckSkew;

/// <summary>Works the features of logged predictions out again, from the events that had been received by then, through the steps and reads of training sets.</summary>
/// <remarks>
/// One pass over bronze in the order of receipt. What was loaded from a file counts from its loading on, as for the online store; in a training
/// set it counts from when it happened.
/// </remarks>
internal sealed class SkewCheck(HistoryReader history, IOptions<WatchOptions> options, IOptions<ShopOptions> shop)
{
    /// <summary>Compares.</summary>
    /// <param name="served">Logged predictions, at least one.</param>
    /// <param name="report">Hears how many events were read.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>One a feature, in the order of the model's features.</returns>
    public async Task<IReadOnlyList<SkewedFeature>> RunAsync(
        IReadOnlyList<ServedPrediction> served,
        Action<long> report,
        CancellationToken cancellationToken
    )
    {
        // Each prediction twice: by what had been received some time before it, and by then.
        PurchaseFeatures?[] offline = new PurchaseFeatures?[2 * served.Count];
        (EntityRow Row, int Place)[] rows =
        [
            .. served
                .SelectMany(
                    (p, i) =>
                        new[]
                        {
                            (new EntityRow(p.Keys, p.PredictedAt - options.Value.SkewLag, ReadAt: p.At), 2 * i),
                            (new EntityRow(p.Keys, p.PredictedAt, ReadAt: p.At), (2 * i) + 1),
                        }
                )
                .OrderBy(row => row.Item1.At),
        ];
        HistoricalFeatures features = new(
            [.. rows.Select(row => row.Row)],
            [],
            shop.Value.Zone,
            (row, values) => offline[rows[row].Place] = PurchaseFeatures.Find(values)
        );
        await history.ReadReceivedAsync(
            rows[^1].Row.At,
            e => features.Take(e, e.ReceivedAt),
            report,
            cancellationToken
        );
        features.Complete();
        return Compare(served, offline);
    }

    private static IReadOnlyList<SkewedFeature> Compare(
        IReadOnlyList<ServedPrediction> served,
        PurchaseFeatures?[] offline
    )
    {
        int[] differing = new int[PurchaseEncoder.Columns];
        int[] examples = new int[PurchaseEncoder.Columns];
        for (int i = 0; i < served.Count; i++)
        {
            bool[] differs = FeatureSkew.Of(served[i].Features, offline[2 * i], offline[(2 * i) + 1]);
            for (int place = 0; place < differs.Length; place++)
            {
                if (
                    differs[place]
                    && (differing[place]++ == 0 || served[i].PredictedAt > served[examples[place]].PredictedAt)
                )
                {
                    examples[place] = i;
                }
            }
        }

        return
        [
            .. PurchaseEncoder.FeatureNames.Select(
                (name, place) =>
                    new SkewedFeature(
                        name,
                        differing[place],
                        (double)differing[place] / served.Count,
                        differing[place] == 0
                            ? null
                            : new SkewExample(
                                served[examples[place]].PredictedAt,
                                TextOf(served[examples[place]].Features, name),
                                TextOf(offline[(2 * examples[place]) + 1], name)
                            )
                    )
            ),
        ];
    }

    private static string? TextOf(PurchaseFeatures? features, string name) =>
        Convert.ToString(features?.ValueOf(name), CultureInfo.InvariantCulture);
}
