using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Fecom.Serving.LogPredictions;

namespace Fecom.Serving;

/// <summary>Whom an answer is for, as the call says. What is tried on a share of the visitors stays with the user, and with the session where no user is named.</summary>
/// <param name="UserId">The visitor; null when the call names none.</param>
/// <param name="Session">The session; null when the call names none.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct AnswerUnit(string? UserId, string? Session)
{
    /// <summary>What it is drawn by; null when the call names neither, so that nothing can be tried on it.</summary>
    public string? Key => UserId ?? (Session is null ? null : PredictionTable.SessionKey(Session));

    /// <summary>A number from 0 to below 1: always the same for the same unit and salt, and even over units.</summary>
    /// <param name="salt">What is drawn for: what is tried at the same time is drawn independently.</param>
    /// <param name="key">A <see cref="Key"/>.</param>
    public static double Draw(string salt, string key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{salt}\n{key}"), hash);
        return (BinaryPrimitives.ReadUInt64BigEndian(hash) >> 11) * Math.Pow(2, -53);
    }
}
