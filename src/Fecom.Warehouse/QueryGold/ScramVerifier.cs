using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Fecom.Warehouse.QueryGold;

/// <summary>
/// What PostgreSQL keeps of a password (RFC 5802, RFC 7677). A statement that sets a role's password carries this instead of the
/// password, which would stand in the server's log wherever that has statements.
/// </summary>
internal static class ScramVerifier
{
    private const int Iterations = 4_096;
    private const int SaltBytes = 16;

    /// <summary>The verifier with a new salt.</summary>
    /// <param name="password">Printable ASCII.</param>
    public static string Of(string password) => Of(password, RandomNumberGenerator.GetBytes(SaltBytes));

    /// <summary>The verifier with a salt.</summary>
    public static string Of(string password, byte[] salt)
    {
        byte[] salted = Rfc2898DeriveBytes.Pbkdf2(
            Encoding.UTF8.GetBytes(password),
            salt,
            Iterations,
            HashAlgorithmName.SHA256,
            SHA256.HashSizeInBytes
        );
        string stored = Convert.ToBase64String(SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8)));
        string server = Convert.ToBase64String(HMACSHA256.HashData(salted, "Server Key"u8));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"SCRAM-SHA-256${Iterations}:{Convert.ToBase64String(salt)}${stored}:{server}"
        );
    }
}
