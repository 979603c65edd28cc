using System.Runtime.InteropServices;
using System.Text;

namespace Fecom.Ingestion.Shared.FindFiles;

/// <summary>Checks what kind of file a path is: only regular files are opened, since opening a pipe may block for ever and a device may never end.</summary>
internal static partial class FileNature
{
    private const int CurrentFolder = -100;
    private const uint TypeMask = 0x1;
    private const int ModeOffset = 28;
    private const int StatxBytes = 256;
    private const int KindBits = 0xF000;

    /// <summary>The character that .NET puts where a name's bytes are not UTF-8.</summary>
    private const char Replacement = '\uFFFD';

    /// <summary>Why the path is not read; null when it is a regular file, or cannot be inspected.</summary>
    public static string? RefusalOf(string path)
    {
        if (Mode(path) is not { } mode)
        {
            return Path.GetFileName(path).Contains(Replacement, StringComparison.Ordinal)
                ? "The file's name is not UTF-8, so the file cannot be opened: rename it."
                : null;
        }

        return (mode & KindBits) switch
        {
            0x8000 => null,
            0x4000 => "This is a folder; files are read from the input folder itself, not from folders in it.",
            0x1000 =>
                "This is a pipe (FIFO), not a file: a pipe cannot be read again where a load stopped. Write its content to a file.",
            0xC000 => "This is a socket, not a file.",
            _ => "This is a device, not a file.",
        };
    }

    /// <summary>The mode of a path's target, following links; null when there is none.</summary>
    private static int? Mode(string path)
    {
        if (!OperatingSystem.IsLinux())
        {
            return Directory.Exists(path) ? 0x4000
                : File.Exists(path) ? 0x8000
                : null;
        }

        // The layout of struct statx is the same on every architecture.
        byte[] answer = new byte[StatxBytes];
        return Statx(CurrentFolder, [.. Encoding.UTF8.GetBytes(path), 0], flags: 0, TypeMask, answer) == 0
            ? BitConverter.ToUInt16(answer, ModeOffset)
            : null;
    }

    [DllImport("libc", EntryPoint = "statx")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Statx(int folder, byte[] path, int flags, uint mask, [Out] byte[] answer);
}
