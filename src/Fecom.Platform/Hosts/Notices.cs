using Fecom.Platform.Services;
using Npgsql;

namespace Fecom.Platform.Hosts;

/// <summary>
/// What the hosts tell each other by PostgreSQL's NOTIFY: that somebody has asked for something which a service of any host does. Who
/// follows a notice looks at once, and seldom otherwise, instead of asking PostgreSQL again and again.
/// </summary>
public sealed class Notices(Supervision supervision, NpgsqlDataSource database, TimeProvider time)
    : SupervisedService(supervision, "the notices of the hosts")
{
    private const string Channel = "fecom";

    /// <summary>How often the connection is probed: one that ends says so by itself, unless the network has lost it.</summary>
    private static readonly TimeSpan Probe = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly List<Notice> _followed = [];
    private bool _listens;

    /// <summary>SQL to put behind the statement that asks: a notice goes out with its transaction's commit, or not at all.</summary>
    /// <param name="name">A constant of the code.</param>
    public static string Sql(string name) => $"; notify {Channel}, '{name}'";

    /// <summary>Follows a notice until disposed.</summary>
    /// <param name="name">Its name.</param>
    public Notice Follow(string name)
    {
        Notice notice = new(name, time, Forget);
        lock (_gate)
        {
            _followed.Add(notice);
            notice.Listen(_listens);
        }

        return notice;
    }

    /// <summary>Sends a notice by itself, of something that was committed before.</summary>
    /// <param name="name">A constant of the code.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task TellAsync(string name, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand notify = database.CreateCommand($"notify {Channel}, '{name}'");
        await notify.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        await using NpgsqlConnection connection = await database.OpenConnectionAsync(stoppingToken);
        connection.Notification += (_, notification) => Tell(notification.Payload);
        try
        {
            await using (NpgsqlCommand listen = new($"listen {Channel}", connection))
            {
                await listen.ExecuteNonQueryAsync(stoppingToken);
            }

            Listen(true);
            while (true)
            {
                if (!await connection.WaitAsync(Probe, stoppingToken))
                {
                    await AdvisoryLock.ProbeAsync(connection, stoppingToken);
                }
            }
        }
        finally
        {
            Listen(false);
            // Closed rather than given back to its pool, where it would go on listening.
            AdvisoryLock.Abandon(database);
        }
    }

    private void Tell(string name)
    {
        lock (_gate)
        {
            foreach (Notice notice in _followed.Where(notice => notice.Name == name))
            {
                notice.Set();
            }
        }
    }

    private void Listen(bool listens)
    {
        lock (_gate)
        {
            _listens = listens;
            _followed.ForEach(notice => notice.Listen(listens));
        }
    }

    private void Forget(Notice notice)
    {
        lock (_gate)
        {
            _followed.Remove(notice);
        }
    }
}
