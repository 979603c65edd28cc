using System.Text.Json;
using Fecom.Contracts;
using Fecom.Platform.Messaging;

namespace Fecom.IntegrationTests.Ingestion;

/// <summary>Exports of order payments in an input folder, and what a host says of its tables.</summary>
public abstract class DetectChangesContext(Servers servers) : InputFolderContext(servers)
{
    private protected const string Payments = "fecom:order_payments";

    private protected static string? Text(JsonElement element, string property) =>
        element.TryGetProperty(property, out JsonElement value) ? value.GetString() : null;

    private protected static long Number(JsonElement element, string property) =>
        element.GetProperty(property).GetInt64();

    private protected static bool IsPayment(OutgoingMessage message) => message.Origin!.Value.Source == Payments;

    private protected void AssertFollowed(IEnumerable<string[]> rows) =>
        Assert.Equal(
            TableFiles.Rows(FecomTables.OrderPayments, rows),
            TableFiles.Follow(_pipeline.Taken.Where(IsPayment))
        );

    private protected static Task<JsonElement> TakenAsync(IngestionHost host, string name, long snapshot) =>
        host.SourceAsync(
            name,
            source =>
                Text(source, "state") == "completed"
                && source.GetProperty("changes") is { ValueKind: JsonValueKind.Object } changes
                && Number(changes, "snapshot") == snapshot
        );
}
