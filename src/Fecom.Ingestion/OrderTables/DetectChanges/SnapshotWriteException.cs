using Fecom.Ingestion.Shared.FindFiles;

namespace Fecom.Ingestion.OrderTables.DetectChanges;

/// <summary>A snapshot cannot be written or put into its place; the message says where, and why.</summary>
internal sealed class SnapshotWriteException(string path, Exception cause)
    : IOException($"The snapshot in {Path.GetDirectoryName(path)} cannot be written: {Reason(cause)}", cause)
{
    /// <exception cref="SnapshotWriteException">The file system refuses.</exception>
    public static void Guard(string path, Action write) =>
        Guard(
            path,
            () =>
            {
                write();
                return true;
            }
        );

    /// <inheritdoc cref="Guard(string, Action)"/>
    public static T Guard<T>(string path, Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception e) when (e is (IOException and not SnapshotWriteException) or UnauthorizedAccessException)
        {
            throw new SnapshotWriteException(path, e);
        }
    }

    private static string Reason(Exception cause) =>
        cause switch
        {
            UnauthorizedAccessException => "its permissions do not let this user write there.",
            FileNotFoundException or DirectoryNotFoundException => "a file or folder of it is missing.",
            _ => FileFailure.Describe(cause),
        };
}
