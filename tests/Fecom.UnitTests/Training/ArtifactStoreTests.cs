using Fecom.Platform;
using Fecom.Training.RegisterModels;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Xunit;

namespace Fecom.UnitTests.Training;

public sealed class ArtifactStoreTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("fecom-models-").FullName;
    private readonly ArtifactStore _store;

    public ArtifactStoreTests() =>
        _store = new ArtifactStore(
            Options.Create(new FecomPaths { Models = _root }),
            NullLogger<ArtifactStore>.Instance
        );

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task Write_LeavesTheWholeFileAndNothingElse()
    {
        (string path, string sha256) = await _store.WriteAsync(
            "m",
            3,
            [1, 2, 3],
            TestContext.Current.CancellationToken
        );

        Assert.Equal("m/3/model.bin", path);
        Assert.Equal("039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81", sha256);
        Assert.Equal([Path.Combine(_root, path)], Directory.GetFiles(_root, "*", SearchOption.AllDirectories));
        Assert.Equal([1, 2, 3], await _store.ReadAsync(path, sha256, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Write_OverAnOrphanOfACrash_ReplacesIt()
    {
        await _store.WriteAsync("m", 1, [1], TestContext.Current.CancellationToken);
        (string path, string sha256) = await _store.WriteAsync("m", 1, [2], TestContext.Current.CancellationToken);

        Assert.Equal([2], await _store.ReadAsync(path, sha256, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Read_WhenTheFileIsGoneOrChanged_IsNull()
    {
        (string path, string sha256) = await _store.WriteAsync("m", 1, [1, 2], TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(Path.Combine(_root, path), [1], TestContext.Current.CancellationToken);

        Assert.Null(await _store.ReadAsync(path, sha256, TestContext.Current.CancellationToken));
        Assert.Null(await _store.ReadAsync("m/2/model.bin", sha256, TestContext.Current.CancellationToken));
    }
}
