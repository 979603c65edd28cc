using System.Security.Cryptography;
using System.Text;
using Fecom.Platform.Access;
using Microsoft.Extensions.Options;

namespace Fecom.Access.KnowCallers;

/// <summary>The administrator of the settings. They are in no table: who can change the settings can always get in.</summary>
internal sealed class ConfiguredAdmin
{
    public ConfiguredAdmin(IOptions<AccessOptions> options, Passwords passwords)
    {
        AdminOptions admin = options.Value.Admin;
        if (!admin.IsSet)
        {
            return;
        }

        // The same on all hosts that have the same settings.
        string stamp = Convert.ToHexStringLower(
            SHA256.HashData(Encoding.UTF8.GetBytes($"{admin.Name}\n{admin.Password}\n{admin.PasswordHash}"))
        )[..32];
        Person = new KnownPerson(
            0,
            admin.Name,
            AccessRoles.Admin,
            admin.PasswordHash.Length > 0 ? admin.PasswordHash : passwords.Hash(admin.Password),
            stamp
        );
    }

    /// <summary>They; null when the settings name none.</summary>
    public KnownPerson? Person { get; }
}
