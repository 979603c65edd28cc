namespace Fecom.Features.ExportFeatures;

/// <summary>What to export.</summary>
/// <param name="Entities">CSV file of entities and times.</param>
/// <param name="Output">File to write, <c>.csv</c> or <c>.parquet</c>.</param>
/// <param name="Views">Names of views, separated by commas; all and the cart view when null or empty.</param>
/// <param name="AsOf">Events received later are left out, so that the same call gives the same file after a backfill; UTC.</param>
internal sealed record ExportRequest(string Entities, string Output, string? Views, DateTime AsOf);

/// <summary>What an export wrote.</summary>
/// <param name="Rows">Rows.</param>
/// <param name="Features">Features a row.</param>
/// <param name="Events">Events that were read.</param>
internal sealed record ExportedFeatures(int Rows, int Features, long Events);
