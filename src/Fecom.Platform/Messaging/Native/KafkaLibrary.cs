using System.Reflection;
using System.Runtime.InteropServices;
using Confluent.Kafka;
using Fecom.Platform.Hosts;

namespace Fecom.Platform.Messaging;

/// <summary>Points this assembly's and Confluent.Kafka's native imports at the one librdkafka that comes with the program.</summary>
/// <remarks>
/// Of the builds in the package the one without SASL's Kerberos is taken: it needs nothing but libc (TLS and zstd are inside).
/// By default the client prefers the other build where libsasl2 is installed, and two copies of the library in one process
/// cannot share a handle.
/// </remarks>
public static class KafkaLibrary
{
    internal const string ImportName = "librdkafka";

    private const string FileName = "centos8-librdkafka.so";

    private static readonly Lock Gate = new();
    private static nint _handle;

    /// <summary>Loads the library once a process; later calls change nothing.</summary>
    /// <exception cref="StartException">The file that was published with the program is missing or damaged.</exception>
    public static void Load()
    {
        lock (Gate)
        {
            if (_handle != 0)
            {
                return;
            }

            if (
                !NativeLibrary.TryLoad(
                    FileName,
                    typeof(KafkaLibrary).Assembly,
                    DllImportSearchPath.AssemblyDirectory,
                    out nint handle
                )
            )
            {
                throw new StartException(
                    $"Cannot load {FileName}, Kafka's client library, from {AppContext.BaseDirectory}. It comes with Fecom's linux-x64 build: build or publish it again."
                );
            }

            foreach (Assembly assembly in new[] { typeof(Library).Assembly, typeof(KafkaLibrary).Assembly })
            {
                NativeLibrary.SetDllImportResolver(
                    assembly,
                    (name, _, _) => name.Contains(ImportName, StringComparison.Ordinal) ? handle : 0
                );
            }

            _handle = handle;
        }
    }
}
