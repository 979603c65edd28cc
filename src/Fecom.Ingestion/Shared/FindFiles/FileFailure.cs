using Fecom.Platform.Failures;

namespace Fecom.Ingestion.Shared.FindFiles;

/// <summary>Explains to a person why a file cannot be read or written; the runtime's own messages are for programmers.</summary>
internal static class FileFailure
{
    private const int NoSpace = 28;
    private const int TooManyFiles = 24;
    private const int TooManyLinks = 40;
    private const int InputOutput = 5;

    public static string Describe(Exception e) =>
        e switch
        {
            UnauthorizedAccessException => "its permissions do not let this user read it.",
            FileNotFoundException or DirectoryNotFoundException => "it leads to no file.",
            _ => (e.HResult & 0xFFFF) switch
            {
                NoSpace => "the disk is full.",
                TooManyFiles => "too many files are open (see ulimit -n).",
                TooManyLinks => "its links lead in a circle.",
                InputOutput => "the disk reports an error.",
                _ => $"{FailureText.Of(e)}.",
            },
        };
}
