using Fecom.Ingestion.Shared.FollowSources;
using Fecom.Ingestion.Shared.RunSources;
using Fecom.Platform.Messaging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Fecom.Ingestion.PostgresCapture;

/// <summary>The captured table as a source, with its slot as PostgreSQL sees it now.</summary>
internal sealed class CaptureSource(
    CaptureTable table,
    SourceDatabase source,
    SourceSetup setup,
    CaptureProgress progress,
    IOptions<CaptureOptions> options
) : ISourceCatalog, IStartableSources
{
    public const string Kind = "postgres";

    private const long MiB = 1024 * 1024;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    /// <summary>The name of a table's source; a later generation adds its number.</summary>
    public static string NameOf(string table) => $"{Kind}:{table}";

    public async Task<IReadOnlyList<SourceStatus>> ListAsync(CancellationToken cancellationToken)
    {
        if (!options.Value.Enabled)
        {
            return [];
        }

        CaptureState? state = await table.CurrentAsync(options.Value.Table, cancellationToken);
        (SlotState? slot, string? publication, string? error) = await InspectAsync(cancellationToken);
        string? lastError = (progress.IsHere ? progress.Source.LastError : state?.LastError) ?? error;
        bool streams = state?.State == CaptureStates.Streaming && lastError is null;
        return
        [
            new SourceStatus
            {
                Name = state?.Source ?? NameOf(options.Value.Table),
                Kind = Kind,
                State =
                    progress.IsLost || slot?.WalStatus == "lost" ? "failed"
                    : lastError is not null ? "waiting"
                    : state?.State ?? CaptureStates.Snapshot,
                Rows = progress.IsHere ? Math.Max(progress.Source.Rows, state?.Position ?? 0) : state?.Position ?? 0,
                Malformed = 0,
                Position = state?.Position ?? 0,
                RowsPerSecond = progress.IsHere && streams ? Math.Round(Math.Max(0, progress.Source.Rate.Rows)) : null,
                StartedAt = state?.StartedAt,
                Capture = state is null ? null : Describe(state, slot),
                Notice = publication ?? Notice(slot),
                LastError = lastError,
            },
        ];
    }

    public Task<string?> FindAsync(string name, CancellationToken cancellationToken)
    {
        string full = NameOf(options.Value.Table);
        bool known =
            options.Value.Enabled
            && (name is Kind || name == full || name.StartsWith(full + "#", StringComparison.Ordinal));
        return Task.FromResult(known ? full : null);
    }

    private async Task<(SlotState? Slot, string? Publication, string? Error)> InspectAsync(
        CancellationToken cancellationToken
    )
    {
        try
        {
            await using NpgsqlConnection connection = await source.OpenAsync(Timeout, cancellationToken);
            SlotState? slot = await SourceDatabase.SlotAsync(connection, options.Value.Slot, cancellationToken);
            bool breaks = (await setup.ReadStateAsync(connection, cancellationToken)).BreaksChanges;
            return (slot, breaks ? setup.BrokenChanges : null, null);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && (e is NpgsqlException || Outage.Is(e)))
        {
            return (null, null, CaptureFailure.Describe(e));
        }
    }

    private static SourceCapture Describe(CaptureState state, SlotState? slot) =>
        new()
        {
            Database = state.DatabaseName,
            Slot = state.Slot,
            Active = slot?.Active,
            WalStatus = slot?.WalStatus,
            ConfirmedLsn = slot?.Confirmed ?? state.Lsn,
            LagBytes = slot?.Lag,
            RetainedWalBytes = slot?.Retained,
            SnapshotRows = state.SnapshotRows,
            Created = state.Created,
            Updated = state.Updated,
            Deleted = state.Deleted,
            Truncated = state.Truncated,
        };

    private string? Notice(SlotState? slot) =>
        slot switch
        {
            { WalStatus: "unreserved" } =>
                "PostgreSQL is about to remove WAL that the slot needs (max_slot_wal_keep_size).",
            { Retained: { } bytes } when bytes >= options.Value.NoticeWalMiB * MiB =>
                $"PostgreSQL keeps {bytes / MiB} MiB of WAL for the slot.",
            _ => null,
        };
}
