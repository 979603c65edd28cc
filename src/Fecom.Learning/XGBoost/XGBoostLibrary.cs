using System.Reflection;
using System.Runtime.InteropServices;

namespace Fecom.Learning.XGBoost;

/// <summary>Finds XGBoost's native library, version 1.7 to 3.0.</summary>
public static class XGBoostLibrary
{
    internal const string Name = "xgboost";

    private static readonly string[] Names = ["libxgboost.so.0", "libxgboost.so", "libxgboost.dylib", "xgboost.dll"];

    private static string? _path;

    static XGBoostLibrary() => NativeLibrary.SetDllImportResolver(typeof(XGBoostLibrary).Assembly, Resolve);

    /// <summary>The loaded library's version.</summary>
    /// <exception cref="DllNotFoundException">The library is not installed; the message says what to install.</exception>
    public static Version Version
    {
        get
        {
            NativeMethods.XGBoostVersion(out int major, out int minor, out int patch);
            return new Version(major, minor, patch);
        }
    }

    /// <summary>Takes the library from this file instead of the system's. Must come before the first use of XGBoost.</summary>
    /// <param name="libraryPath">Path of the shared library; null or empty keeps the system's.</param>
    public static void Use(string? libraryPath) => _path = string.IsNullOrWhiteSpace(libraryPath) ? null : libraryPath;

    /// <summary>Runs the static constructor, so that the resolver is there before the first native call.</summary>
    internal static void EnsureResolver() { }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath)
    {
        if (name != Name)
        {
            return 0;
        }

        foreach (string candidate in _path is null ? Names : [_path])
        {
            if (NativeLibrary.TryLoad(candidate, assembly, searchPath, out nint library))
            {
                return library;
            }
        }

        throw new DllNotFoundException(
            _path is null
                ? "XGBoost's native library is missing: install the package libxgboost0 (Debian, Ubuntu), "
                    + "or set XGBoost:LibraryPath to the file of XGBoost 1.7 to 3.0."
                : $"XGBoost's native library cannot be loaded from {_path} (XGBoost:LibraryPath)."
        );
    }
}
