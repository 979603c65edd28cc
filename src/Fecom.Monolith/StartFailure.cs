using Microsoft.Extensions.Options;

namespace Fecom.Monolith;

/// <summary>A start that fails for a reason that a person can mend ends with one line, not with a stack trace.</summary>
internal static class StartFailure
{
    public static async Task<int> ReportAsync(Func<Task> run, CancellationToken stopping)
    {
        try
        {
            await run();
            return Environment.ExitCode;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Told to stop before it had started.
            return Environment.ExitCode;
        }
        catch (OptionsValidationException e)
        {
            return Report($"The configuration is not valid: {string.Join(" ", e.Failures)}");
        }
        catch (InvalidOperationException e)
        {
            return Report(e.Message);
        }
        catch (IOException e) when (e.Message.Contains("address already in use", StringComparison.OrdinalIgnoreCase))
        {
            return Report($"{e.Message} Choose another port with FECOM_PORT.");
        }
    }

    private static int Report(string message)
    {
        Console.Error.WriteLine($"fecom: {message}");
        return 1;
    }
}
