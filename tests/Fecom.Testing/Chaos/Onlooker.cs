using System.Net;

namespace Fecom.Testing.Chaos;

/// <summary>An operator's screen: asks again and again how the pipeline is, all the more while it is not well.</summary>
internal sealed class Onlooker(ChaosHost host)
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan TestTimeout = TimeSpan.FromSeconds(5);
    private static readonly string[] Screens = ["/api/v1/pipeline", "/api/v1/ingestion/sources", "/health/ready"];

    /// <summary>Looks until cancelled.</summary>
    /// <exception cref="ChaosException">The host did not say what it is, nor that a server of its is away.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using PeriodicTimer pace = new(Pace);
        while (true)
        {
            foreach (string screen in Screens)
            {
                await pace.WaitForNextTickAsync(cancellationToken);
                await LookAsync(screen, cancellationToken);
            }
        }
    }

    private async Task LookAsync(string screen, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(TestTimeout);
        try
        {
            using HttpResponseMessage answer = await host.Http.GetAsync(
                new Uri(screen, UriKind.Relative),
                timeout.Token
            );
            if (answer.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable))
            {
                throw new ChaosException(
                    $"GET {screen} answered {(int)answer.StatusCode}: {await answer.Content.ReadAsStringAsync(timeout.Token)}"
                );
            }
        }
        catch (Exception e)
            when (e is HttpRequestException or IOException or OperationCanceledException
                && !cancellationToken.IsCancellationRequested
            )
        {
            // It has been killed, or does not answer now.
        }
    }
}
