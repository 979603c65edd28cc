using System.Globalization;
using System.Text;
using Fecom.Contracts;
using Fecom.Platform.Jobs;
using Fecom.Platform.Messaging;
using Fecom.Warehouse.Lake;

namespace Fecom.Warehouse.DeleteUsers;

/// <summary>
/// Deletes the users whose deletion was asked for. Each step finds less when it is done again, so a run that was cut off anywhere
/// begins anew; the steps' order lets nothing come back: first the stores take nothing any more, and what others are made of goes before them.
/// </summary>
internal sealed class DeleteUsersJob(
    UserDeletions deletions,
    TierRows tiers,
    LakeUsers lake,
    IEnumerable<IUserRecords> modules,
    DeadLetterDeletion letters
) : IJob
{
    public const string Name = "delete_users";

    public async Task RunAsync(JobRun run, CancellationToken cancellationToken)
    {
        IReadOnlyList<OpenDeletion> open = await deletions.OpenAsync(cancellationToken);
        if (open.Count == 0)
        {
            throw new RunNotNeededException("Nobody is to be deleted.");
        }

        for (int i = 0; i < open.Count; i++)
        {
            string whose = Text($"deletion {open[i].Id} ({i + 1} of {open.Count})");
            await DeleteAsync(
                open[i],
                step => run.Report($"{whose}: {step}", i / (double)open.Count),
                cancellationToken
            );
        }

        await run.ReportAsync(Text($"{open.Count} users deleted"), share: 1, cancellationToken);
    }

    /// <summary>Deletes one user; a failure is noted with the deletion.</summary>
    internal async Task DeleteAsync(OpenDeletion deletion, Action<string> report, CancellationToken cancellationToken)
    {
        try
        {
            report("bronze, silver and gold");
            IReadOnlyCollection<string> sessions = await tiers.BeginAsync(deletion, cancellationToken);
            await tiers.DeleteAsync(deletion, cancellationToken);
            foreach (IUserRecords module in modules)
            {
                report("features, the online store, logged predictions, invalid events and order tables");
                DeletedUser user = new(deletion.UserId, deletion.RequestedAt, sessions);
                await deletions.AddAsync(
                    deletion.Id,
                    await module.DeleteAsync(user, cancellationToken),
                    cancellationToken
                );
            }

            report("dead letters");
            UserMention mention = new(deletion.UserId);
            long deleted = await letters.DeleteAsync(
                Encoding.UTF8.GetBytes(deletion.UserId),
                (key, message) => mention.IsIn(key, message),
                cancellationToken
            );
            await AddAsync(deletion, "dead_letters", deleted, cancellationToken);
            await AddAsync(deletion, "lake", 0, cancellationToken);
            await lake.DeleteAsync(
                deletion.UserId,
                deletion.RequestedAt,
                async (done, all, events) =>
                {
                    if (events > 0)
                    {
                        await AddAsync(deletion, "lake", events, cancellationToken);
                    }

                    report(Text($"{done:N0} of {all:N0} files of the lake"));
                },
                cancellationToken
            );
            await deletions.FinishAsync(deletion.Id, cancellationToken);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            await deletions.FailAsync(deletion.Id, e.Message, cancellationToken);
            throw;
        }
    }

    private Task AddAsync(OpenDeletion deletion, string store, long deleted, CancellationToken cancellationToken) =>
        deletions.AddAsync(deletion.Id, new Dictionary<string, long> { [store] = deleted }, cancellationToken);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
