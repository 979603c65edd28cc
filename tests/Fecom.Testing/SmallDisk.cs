using System.Diagnostics;

namespace Fecom.Testing;

/// <summary>A disk of a few MiB, in memory, that can be filled to its last byte. Needs the right to mount.</summary>
public sealed class SmallDisk : IDisposable
{
    private SmallDisk(string path) => Path = path;

    /// <summary>Its folder.</summary>
    public string Path { get; }

    private string Filler => System.IO.Path.Combine(Path, "filler");

    /// <summary>Mounts one; null where that is not allowed.</summary>
    /// <param name="mebibytes">Its size.</param>
    public static SmallDisk? TryMount(int mebibytes)
    {
        SmallDisk disk = new(RunFolder.Create("disk"));
        if (Run("mount", "-t", "tmpfs", "-o", $"size={mebibytes}m", "tmpfs", disk.Path) == 0)
        {
            return disk;
        }

        Directory.Delete(disk.Path);
        return null;
    }

    /// <summary>Leaves no byte.</summary>
    public void Fill()
    {
        using FileStream file = new(Filler, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        byte[] bytes = new byte[4_096];
        try
        {
            while (true)
            {
                file.Write(bytes);
            }
        }
        catch (IOException)
        {
            // It is full.
        }
    }

    /// <summary>Gives the room back that <see cref="Fill"/> took.</summary>
    public void Clear() => File.Delete(Filler);

    /// <inheritdoc/>
    public void Dispose()
    {
        // Lazily, in case something still has a file of it open.
        if (Run("umount", "--lazy", Path) == 0)
        {
            Directory.Delete(Path);
        }
    }

    private static int Run(string program, params string[] arguments)
    {
        ProcessStartInfo info = ChildProcess.Program(program, arguments);
        info.RedirectStandardError = true;
        using Process process = Process.Start(info)!;
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode;
    }
}
