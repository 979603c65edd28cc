using Fecom.Platform;
using Fecom.Platform.Storage;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Xunit;

namespace Fecom.UnitTests.Platform;

public sealed class FoldersHealthCheckTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("fecom-folders-").FullName;

    [Fact]
    public async Task Folders_with_room_are_healthy_and_keep_no_file_of_the_check()
    {
        HealthCheckResult result = await CheckAsync(minFreeMegabytes: 0);

        Assert.Equal(HealthStatus.Healthy, result.Status);
        Assert.Empty(Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task A_disk_that_is_nearly_full_is_named_with_the_room_that_is_left()
    {
        HealthCheckResult result = await CheckAsync(minFreeMegabytes: int.MaxValue);

        Assert.Equal(HealthStatus.Degraded, result.Status);
        Assert.Matches(
            @"Paths:Data: its disk is nearly full, \d+ MiB are left \(Paths:MinFreeMegabytes",
            result.Description
        );
        Assert.Contains("Paths:Models: its disk is nearly full", result.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_named()
    {
        File.WriteAllText($"{_folder}/models", "a file where the folder should be");

        HealthCheckResult result = await CheckAsync(minFreeMegabytes: 0);

        Assert.Equal(HealthStatus.Degraded, result.Status);
        Assert.StartsWith("Paths:Models: ", result.Description, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private Task<HealthCheckResult> CheckAsync(int minFreeMegabytes)
    {
        FecomPaths paths = new()
        {
            Data = $"{_folder}/data",
            Models = $"{_folder}/models",
            MinFreeMegabytes = minFreeMegabytes,
        };
        return new FoldersHealthCheck(Options.Create(paths)).CheckHealthAsync(
            new HealthCheckContext(),
            TestContext.Current.CancellationToken
        );
    }
}
