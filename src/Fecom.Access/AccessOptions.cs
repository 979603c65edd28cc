using System.ComponentModel.DataAnnotations;
using Fecom.Platform.Access;
using Microsoft.Extensions.Options;

namespace Fecom.Access;

/// <summary>Who may use the host. Section <c>Access</c>. With neither an administrator nor an OpenID provider the host is open to its own machine, and to it alone.</summary>
internal sealed class AccessOptions
{
    /// <summary>The section's name.</summary>
    public const string Section = "Access";

    /// <summary>The administrator who signs in with a password: the first person.</summary>
    [ValidateObjectMembers]
    public AdminOptions Admin { get; set; } = new();

    /// <summary>The provider by which people sign in; none by default.</summary>
    [ValidateObjectMembers]
    public OpenIdConnectOptions OpenIdConnect { get; set; } = new();

    /// <summary>Origins (<c>https://shop.example</c>) whose pages may send events with a publishable key. None by default.</summary>
    public IList<string> Origins { get; set; } = [];

    /// <summary>Hours (1 to 720) after which a person who does nothing signs in again. Default 12.</summary>
    [Range(1, 720)]
    public int SessionHours { get; set; } = 12;

    /// <summary>Days (1 to 3,650) for which the audit log is kept. Default 365.</summary>
    [Range(1, 3_650)]
    public int AuditDays { get; set; } = 365;

    /// <summary>Whether people and programs must say who they are.</summary>
    public bool NeedsSignIn => Admin.IsSet || OpenIdConnect.IsSet;
}

/// <summary>The first person. Section <c>Access:Admin</c>.</summary>
internal sealed class AdminOptions
{
    /// <summary>Their name.</summary>
    [MaxLength(100)]
    public string Name { get; set; } = "";

    /// <summary>Their password, 12 characters or more; or <see cref="PasswordHash"/> instead.</summary>
    public string Password { get; set; } = "";

    /// <summary>The password's hash as <c>PasswordHasher</c> of ASP.NET Core Identity writes it (version 3).</summary>
    public string PasswordHash { get; set; } = "";

    /// <summary>Whether there is one.</summary>
    public bool IsSet => Name.Length > 0;
}

/// <summary>The OpenID provider. Section <c>Access:OpenIdConnect</c>.</summary>
internal sealed class OpenIdConnectOptions
{
    /// <summary>Its address, <c>https://login.example/realm</c>; <c>http</c> on loopback alone.</summary>
    public string Authority { get; set; } = "";

    /// <summary>The name by which it knows this host.</summary>
    public string ClientId { get; set; } = "";

    /// <summary>The secret that goes with it.</summary>
    public string ClientSecret { get; set; } = "";

    /// <summary>The claim that says what a person is. Default <c>roles</c>.</summary>
    [Required]
    public string RoleClaim { get; set; } = "roles";

    /// <summary>The role for each value of that claim: <c>Access:OpenIdConnect:Roles:shop-admins = admin</c>. A value that is a role's own name needs no entry.</summary>
    public IDictionary<string, string> Roles { get; set; } =
        new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether there is one.</summary>
    public bool IsSet => Authority.Length > 0;

    /// <summary>The strongest role that the claim's values give; null when none does.</summary>
    public string? RoleOf(IEnumerable<string> values) =>
        values
            .Select(value => Roles.TryGetValue(value, out string? role) ? role : value)
            .Where(AccessRoles.All.Contains)
            .MaxBy(role => AccessRoles.All.ToList().IndexOf(role));
}

[OptionsValidator]
internal sealed partial class AccessOptionsValidator : IValidateOptions<AccessOptions>;

/// <summary>Checks what concerns several settings.</summary>
internal sealed class AccessSettingsValidator : IValidateOptions<AccessOptions>
{
    /// <summary>Letters of a password.</summary>
    public const int MinPassword = 12;

    public ValidateOptionsResult Validate(string? name, AccessOptions options)
    {
        List<string> failures = [];
        AdminOptions admin = options.Admin;
        if (admin.IsSet && admin.Password.Length == 0 && admin.PasswordHash.Length == 0)
        {
            failures.Add("Access:Admin:Name is set, and neither Access:Admin:Password nor Access:Admin:PasswordHash.");
        }

        if (!admin.IsSet && admin.Password.Length + admin.PasswordHash.Length > 0)
        {
            failures.Add("Access:Admin:Password is of no use without Access:Admin:Name.");
        }

        if (admin.Password.Length is > 0 and < MinPassword)
        {
            failures.Add($"Access:Admin:Password has {MinPassword} characters or more.");
        }

        if (
            admin.PasswordHash.Length > 0
            && !Convert.TryFromBase64String(admin.PasswordHash, new byte[admin.PasswordHash.Length], out _)
        )
        {
            failures.Add("Access:Admin:PasswordHash is no hash of PasswordHasher: it is to be base64.");
        }

        OpenIdConnectOptions provider = options.OpenIdConnect;
        if (provider.IsSet && provider.ClientId.Length == 0)
        {
            failures.Add("Access:OpenIdConnect:ClientId is missing.");
        }

        if (
            provider.IsSet
            && !(
                Uri.TryCreate(provider.Authority, UriKind.Absolute, out Uri? authority)
                && (
                    authority.Scheme == Uri.UriSchemeHttps
                    || (authority.Scheme == Uri.UriSchemeHttp && authority.IsLoopback)
                )
            )
        )
        {
            failures.Add(
                "Access:OpenIdConnect:Authority is an address that begins with https (http on loopback alone)."
            );
        }

        failures.AddRange(
            provider
                .Roles.Where(role => !AccessRoles.All.Contains(role.Value))
                .Select(role =>
                    $"Access:OpenIdConnect:Roles:{role.Key} is '{role.Value}'; it is one of {string.Join(", ", AccessRoles.All)}."
                )
        );
        failures.AddRange(
            options
                .Origins.Where(origin => !IsOrigin(origin))
                .Select(origin =>
                    $"Access:Origins has '{origin}'; an origin is such as https://shop.example, without a path."
                )
        );
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    /// <summary>Whether a text is an origin as browsers write it.</summary>
    public static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? uri)
        && (uri.Scheme == Uri.UriSchemeHttps || uri.Scheme == Uri.UriSchemeHttp)
        && uri.GetLeftPart(UriPartial.Authority) == text;
}
