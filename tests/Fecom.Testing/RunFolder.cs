using System.Globalization;

namespace Fecom.Testing;

/// <summary>
/// A folder of a test run or a benchmark in the system's temporary folder. Its name holds the id of the process that owns it: what a
/// process that was killed has left there is deleted by the next one that asks for a folder, so that killed runs do not fill the disk.
/// </summary>
public static class RunFolder
{
    private static readonly Lazy<bool> DeletedAbandoned = new(() =>
    {
        DeleteAbandoned(Path.GetTempPath());
        return true;
    });

    /// <summary>Creates an empty one, for its owner to delete.</summary>
    /// <param name="name">What is in it: small letters, digits and hyphens.</param>
    public static string Create(string name)
    {
        _ = DeletedAbandoned.Value;
        return Directory.CreateTempSubdirectory($"fecom-{name}-{Environment.ProcessId}-").FullName;
    }

    /// <summary>Deletes the folders whose owners have ended.</summary>
    /// <param name="parent">The folder that holds them.</param>
    public static void DeleteAbandoned(string parent)
    {
        foreach (string folder in Directory.GetDirectories(parent, "fecom-*"))
        {
            if (
                Path.GetFileName(folder).Split('-') is not [_, _, .., var id, { Length: 6 }]
                || !int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out int owner)
                || Directory.Exists($"/proc/{owner}")
            )
            {
                continue;
            }

            try
            {
                Directory.Delete(folder, recursive: true);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Another user's, a mounted disk, or one that a second run deletes at this moment: not this run's to mend.
                Console.Error.WriteLine(
                    $"{folder} is left from a run that was killed, and could not be deleted: {e.Message}"
                );
            }
        }
    }
}
