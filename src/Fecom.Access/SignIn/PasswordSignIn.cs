using System.Net;
using Fecom.Access.KnowCallers;

namespace Fecom.Access.SignIn;

/// <summary>How an attempt ended.</summary>
/// <param name="Person">Who signed in; null when nobody did.</param>
/// <param name="Wait">How long to wait before the next attempt; null when it was made.</param>
/// <param name="IsBusy">Whether it was not made because too many others are.</param>
internal readonly record struct SignInResult(KnownPerson? Person, TimeSpan? Wait = null, bool IsBusy = false);

/// <summary>Checks names and passwords.</summary>
internal sealed class PasswordSignIn(CallerDirectory directory, Passwords passwords, SignInThrottle throttle)
    : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    /// <summary>Hashing takes a core for some ten milliseconds: attempts must not take the host from the shop.</summary>
    private readonly SemaphoreSlim _hashing = new(1, 1);

    public async Task<SignInResult> TryAsync(
        string name,
        string password,
        IPAddress? address,
        CancellationToken cancellationToken
    )
    {
        CallerSnapshot callers = await directory.ReadAsync(cancellationToken);
        if (!await _hashing.WaitAsync(Timeout, cancellationToken))
        {
            return new(null, IsBusy: true);
        }

        try
        {
            if (throttle.Begin(name, address) is { } wait)
            {
                return new(null, wait);
            }

            KnownPerson? person = callers.Named(name);
            if (!passwords.Verify(person, password))
            {
                return new(null);
            }

            throttle.Succeeded(name, address);
            return new(person);
        }
        finally
        {
            _hashing.Release();
        }
    }

    public void Dispose() => _hashing.Dispose();
}
