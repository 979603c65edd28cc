using System.Globalization;
using Fecom.Contracts;
using Fecom.Learning.Purchase;

namespace Fecom.Training.ScorePurchases;

/// <summary>Learns from events, and says of other sessions how likely the product of their last event is bought.</summary>
internal static class OfflineScores
{
    /// <param name="train">Events to learn from.</param>
    /// <param name="carts">Events of the sessions; each ends in the event that is asked about.</param>
    /// <param name="output">Is written as CSV: a line a session, in the order of the sessions.</param>
    /// <param name="zone">The shop's time zone.</param>
    /// <param name="log">Says what goes on.</param>
    /// <param name="cancellationToken">Ends it; the output is left as it was.</param>
    /// <exception cref="ArgumentException">The output is a folder.</exception>
    /// <exception cref="InvalidDataException">There is too little to learn from, or no session.</exception>
    public static void Run(
        IEnumerable<BehaviorEvent> train,
        IReadOnlyList<BehaviorEvent> carts,
        string output,
        TimeZoneInfo zone,
        TextWriter log,
        CancellationToken cancellationToken
    )
    {
        if (Directory.Exists(output))
        {
            throw new ArgumentException($"--out is {output}, which is a folder; it is a file.", nameof(output));
        }

        string unfinished = output + ".part";
        using (StreamWriter writer = new(unfinished))
        {
            try
            {
                Score(CartScorer.InTime(train), CartScorer.InTime(carts), carts, writer, zone, log, cancellationToken);
            }
            catch
            {
                File.Delete(unfinished);
                throw;
            }
        }

        File.Move(unfinished, output, overwrite: true);
    }

    private static void Score(
        List<BehaviorEvent> train,
        List<BehaviorEvent> inTime,
        IReadOnlyList<BehaviorEvent> inFile,
        StreamWriter writer,
        TimeZoneInfo zone,
        TextWriter log,
        CancellationToken cancellationToken
    )
    {
        PurchaseModel model = CartScorer.Learn(train, zone, log, cancellationToken).Models[^1];
        log.WriteLine(CartScorer.Describe(train));
        Dictionary<string, CartRow> rows = CartScorer
            .Rows(train, inTime, zone)
            .ToDictionary(row => row.Event.UserSession, StringComparer.Ordinal);
        writer.WriteLine("user_session,product_id,probability");
        foreach (string session in inFile.Select(e => e.UserSession).Distinct(StringComparer.Ordinal))
        {
            CartRow row = rows[session];
            writer.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Csv(session)},{Csv(row.Event.ProductId)},{model.Predict(row.Features)}"
                )
            );
        }

        log.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rows.Count:N0} sessions are scored."));
    }

    private static string Csv(string text) =>
        text.AsSpan().IndexOfAny(",\"") < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
