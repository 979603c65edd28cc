using System.Runtime.InteropServices;

namespace Fecom.Monolith;

/// <summary>
/// Handles SIGTERM, SIGINT and SIGQUIT for the whole process. A host handles a signal only while it runs, and one that comes
/// while it is being rebuilt would be lost.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly PosixSignalRegistration[] _registrations;

    public StopSignals() =>
        _registrations = [
            .. ((PosixSignal[])[PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT]).Select(signal =>
                PosixSignalRegistration.Create(signal, Stop)
            ),
        ];

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Stopping => _stopping.Token;

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }

        _stopping.Dispose();
    }

    private void Stop(PosixSignalContext context)
    {
        // The process ends when the host has.
        context.Cancel = true;
        _stopping.Cancel();
    }
}
