using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Fecom.Contracts;
using Fecom.Learning.Views;

namespace Fecom.Training.ReadSessions;

/// <summary>A hash over what a training learns from: equal when every row is, in the same order.</summary>
internal sealed class DataFingerprint : IDisposable
{
    /// <summary>Bytes that are buffered before they are hashed: a call for each small value would cost more than the hash.</summary>
    private const int BufferBytes = 64 * 1024;

    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _used;

    /// <summary>Takes a row in.</summary>
    public void Add(string session, in SessionRow row)
    {
        Add(session);
        Add(row.UserId);
        Add(row.EventTime.Ticks);
        Add((long)row.EventType);
        Add(row.ProductId);
        Add(row.CategoryId);
        Add(row.CategoryRest);
        Add(row.Features.CategoryCodeLevel1);
        Add(row.Features.CategoryCodeLevel2);
        Add(row.Features.EventWeekday);
        Add(row.Features.ActivityCount);
        Add(row.Features.Price.ToString(CultureInfo.InvariantCulture));
        Add(row.Features.Brand);
    }

    /// <summary>Takes an event in.</summary>
    public void Add(BehaviorEvent e)
    {
        Add(e.UserSession);
        Add(e.UserId);
        Add(e.EventTime.Ticks);
        Add(HistoricalFeatures.KnownAt(e).Ticks);
        Add((long)e.EventType);
        Add(e.ProductId);
        Add(e.CategoryId);
        Add(e.CategoryCode);
        Add(e.Brand);
        Add(e.Price.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>The hash over everything taken in.</summary>
    public string Finish()
    {
        Flush();
        return Convert.ToHexStringLower(_hash.GetHashAndReset());
    }

    /// <summary>A hash over everything that determines a model: the data, the settings, and the training code.</summary>
    /// <param name="data">The data's fingerprint.</param>
    /// <param name="settings">The settings; what does not change the model is left out.</param>
    /// <param name="code">A type of the code that learns: a build with other code is another one.</param>
    public static string Of(string data, IReadOnlyDictionary<string, object> settings, Type code)
    {
        string text = $"{data}\n{JsonSerializer.Serialize(settings)}\n{code.Module.ModuleVersionId:N}";
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }

    public void Dispose() => _hash.Dispose();

    private void Add(string? text)
    {
        Add(text?.Length ?? -1L);
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(text.AsSpan());
        if (bytes.Length > BufferBytes - _used)
        {
            Flush();
        }

        if (bytes.Length > BufferBytes)
        {
            _hash.AppendData(bytes);
            return;
        }

        bytes.CopyTo(_buffer.AsSpan(_used));
        _used += bytes.Length;
    }

    private void Add(long number)
    {
        if (BufferBytes - _used < sizeof(long))
        {
            Flush();
        }

        BinaryPrimitives.WriteInt64LittleEndian(_buffer.AsSpan(_used), number);
        _used += sizeof(long);
    }

    private void Flush()
    {
        _hash.AppendData(_buffer.AsSpan(0, _used));
        _used = 0;
    }
}
