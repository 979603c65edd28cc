using System.Diagnostics;
using System.Text.Json;
using Fecom.Testing;
using Npgsql;

namespace Fecom.IntegrationTests.Ingestion;

/// <summary>What a host says of the event files of its input folder.</summary>
public abstract class LoadFilesContext(Servers servers) : InputFolderContext(servers)
{
    private protected static async Task AgeAsync(IngestionHost host, string sql)
    {
        await using NpgsqlCommand command = host.Database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancelled);
    }

    private protected static async Task<string> NameAsync(IngestionHost host, string prefix) =>
        (await CompletedAsync(host, prefix)).GetProperty("name").GetString()!;

    /// <summary>Makes in the input folder what .NET cannot make.</summary>
    private protected async Task ShellAsync(string script)
    {
        using Process shell = Process.Start(
            new ProcessStartInfo("bash", ["-ec", script]) { WorkingDirectory = _files.PathOf("") }
        )!;
        await shell.WaitForExitAsync(Cancelled);
        Assert.Equal(0, shell.ExitCode);
    }

    private protected static Task<JsonElement> CompletedAsync(IngestionHost host, string prefix) =>
        SourceAsync(host, prefix, "completed");

    private protected static async Task<JsonElement> SourceAsync(IngestionHost host, string prefix, string state)
    {
        JsonElement found = default;
        await Poll.UntilAsync(
            async () =>
            {
                found = (await SourcesAsync(host)).FirstOrDefault(s =>
                    s.GetProperty("name").GetString()!.StartsWith(prefix, StringComparison.Ordinal)
                );
                return found.ValueKind == JsonValueKind.Object && found.GetProperty("state").GetString() == state;
            },
            TestTimeout,
            $"{prefix} is not {state}"
        );
        return found;
    }

    private protected static async Task<List<JsonElement>> SourcesAsync(IngestionHost host)
    {
        return [.. (await host.SourcesAsync()).Where(source => source.GetProperty("kind").GetString() == "file")];
    }
}
