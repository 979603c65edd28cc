namespace Fecom.WebConsole.Requests;

/// <summary>Whether what is asked for now is what a page reads again by itself: nobody waits for it, so it takes its turn.</summary>
internal static class RepeatedReading
{
    private static readonly AsyncLocal<bool> Flow = new();

    public static bool IsRunning => Flow.Value;

    /// <summary>Reads; all that it asks for, itself and in what it calls, is part of a repeated reading.</summary>
    public static async Task<T> RunAsync<T>(Func<Task<T>> read)
    {
        Flow.Value = true;
        return await read();
    }
}
