using Microsoft.Extensions.Hosting;

namespace Fecom.Platform.Hosts;

/// <summary>Lets a part of the host request that the whole host shuts down gracefully and is built again in the same process.</summary>
public sealed class HostRestart(IHostApplicationLifetime lifetime)
{
    /// <summary>Whether the host is to be built again after it has stopped.</summary>
    public bool Requested { get; private set; }

    /// <summary>Stops the host; whoever runs it builds the next one.</summary>
    public void Request()
    {
        Requested = true;
        lifetime.StopApplication();
    }
}
