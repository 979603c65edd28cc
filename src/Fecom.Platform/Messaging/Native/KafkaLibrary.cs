using System.Reflection;
using System.Runtime.InteropServices;
using Confluent.Kafka;

namespace Fecom.Platform.Messaging;

/// <summary>Points this assembly's and Confluent.Kafka's native imports at one librdkafka that is new enough.</summary>
public static class KafkaLibrary
{
    internal const string ImportName = "librdkafka";

    /// <summary>2.1.0 in librdkafka's own notation: the first with the calls that the managed client makes.</summary>
    private const int OldestVersion = 0x02_01_00_ff;

    private static readonly Lock Gate = new();
    private static nint _handle;

    /// <summary>Loads the library once a process; later calls change nothing.</summary>
    /// <param name="path">File to load; empty for FECOM_LIBRDKAFKA or the system's.</param>
    /// <exception cref="InvalidOperationException">No library, or one that is too old; the message says what to install.</exception>
    public static void Load(string path)
    {
        lock (Gate)
        {
            if (_handle != 0)
            {
                return;
            }

            _handle = LoadFirst(path);
            foreach (Assembly assembly in new[] { typeof(Library).Assembly, typeof(KafkaLibrary).Assembly })
            {
                NativeLibrary.SetDllImportResolver(assembly, (name, _, _) => name.Contains(ImportName, StringComparison.Ordinal) ? _handle : 0);
            }
        }
    }

    private static nint LoadFirst(string path)
    {
        string? fromEnvironment = Environment.GetEnvironmentVariable("FECOM_LIBRDKAFKA");
        string file = path.Length > 0 ? path : fromEnvironment is { Length: > 0 } ? fromEnvironment : "librdkafka.so.1";
        if (!NativeLibrary.TryLoad(file, out nint handle))
        {
            throw new InvalidOperationException(
                $"Cannot load librdkafka from '{file}'. Run ./fecom up once, install librdkafka1 (2.1 or newer), or set Kafka:LibraryPath."
            );
        }

        int version = Marshal.GetDelegateForFunctionPointer<Version>(NativeLibrary.GetExport(handle, "rd_kafka_version"))();
        return version >= OldestVersion
            ? handle
            : throw new InvalidOperationException(
                $"librdkafka at '{file}' is {version >> 24}.{(version >> 16) & 255}.{(version >> 8) & 255}; 2.1 or newer is needed. Run ./fecom up once, or set Kafka:LibraryPath."
            );
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int Version();
}
