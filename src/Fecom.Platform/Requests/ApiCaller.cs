using Microsoft.AspNetCore.Http;

namespace Fecom.Platform.Requests;

/// <summary>Who called, for the records of what was changed.</summary>
public static class ApiCaller
{
    /// <summary>The caller's name, or the address that the call came from.</summary>
    public static string Of(HttpContext http)
    {
        ArgumentNullException.ThrowIfNull(http);
        return http.User.Identity?.Name ?? $"API call from {http.Connection.RemoteIpAddress}";
    }
}
