using Fecom.Platform.Hosts;
using Microsoft.Extensions.Options;

namespace Fecom.Monolith;

/// <summary>
/// Prints why a start failed and gives the exit code: one line for a reason that a person can fix; a bug of ours
/// with its stack.
/// </summary>
internal static class StartFailure
{
    private const int Failed = 1;
    private const string BinderSource = "Microsoft.Extensions.Configuration.Binder";

    public static async Task<int> ReportAsync(Func<Task> run, TextWriter output, CancellationToken stopping)
    {
        try
        {
            await run();
            return stopping.IsCancellationRequested
                ? 0
                : Report(output, "the host has ended although nobody stopped it; its log says why.");
        }
        catch (Exception e) when (stopping.IsCancellationRequested && IsCancellation(e))
        {
            // Stopped before it had started, or parts of it did not end within the time for a stop, which its log says.
            return 0;
        }
        catch (OptionsValidationException e)
        {
            return Report(output, $"The configuration is not valid: {string.Join(" ", e.Failures)}");
        }
        catch (StartException e)
        {
            return Report(output, e.Message);
        }
        catch (InvalidOperationException e) when (e.Source == BinderSource)
        {
            return Report(output, $"The configuration is not valid: {e.Message} {(e.InnerException ?? e).Message}");
        }
        catch (IOException e) when (e.Message.Contains("address already in use", StringComparison.OrdinalIgnoreCase))
        {
            return Report(output, $"{e.Message} Choose another port with FECOM_PORT.");
        }
        catch (Exception e)
        {
            return Report(output, $"the host has failed, and that is a fault of Fecom's: {e}");
        }
    }

    /// <summary>The host throws what its parts threw: one exception as it is, several as one.</summary>
    private static bool IsCancellation(Exception failure) =>
        failure is OperationCanceledException
        || (failure is AggregateException several && several.Flatten().InnerExceptions.All(IsCancellation));

    private static int Report(TextWriter output, string message)
    {
        output.WriteLine($"fecom: {message}");
        return Failed;
    }
}
