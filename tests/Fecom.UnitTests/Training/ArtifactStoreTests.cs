using Fecom.Platform.ObjectStore;
using Fecom.Training.RegisterModels;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Fecom.UnitTests.Training;

public sealed class ArtifactStoreTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("fecom-models-").FullName;
    private readonly ArtifactStore _store;

    public ArtifactStoreTests() =>
        _store = new ArtifactStore(new FolderFileStore(_root, "Paths:Models"), NullLogger<ArtifactStore>.Instance);

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

    /// <summary>A store that does not answer says nothing of what it has: the champion would be taken for gone, and whatever is new would be promoted.</summary>
    [Fact]
    public async Task Load_WhenTheStoreDoesNotAnswer_FailsInsteadOfFindingNothing()
    {
        ArtifactStore away = new(new AwayStore(), NullLogger<ArtifactStore>.Instance);
        RegisteredVersion version = new("m", 1, "m/1/model.bin", "", 1);

        await Assert.ThrowsAsync<IOException>(() =>
            away.LoadAsync(version, bytes => bytes.ToArray(), TestContext.Current.CancellationToken)
        );
        Assert.Null(await _store.LoadAsync(version, bytes => bytes.ToArray(), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Remove_TakesTheFileWithItsFolder_AndDoesNothingTheSecondTime()
    {
        (string path, _) = await _store.WriteAsync("m", 1, [1], TestContext.Current.CancellationToken);

        await _store.RemoveAsync(path, TestContext.Current.CancellationToken);
        await _store.RemoveAsync(path, TestContext.Current.CancellationToken);

        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_root, "m")));
    }

    private sealed class AwayStore : IFileStore
    {
        public string Place => "nowhere";

        public Task<IReadOnlyList<string>> ListAsync(string folder, CancellationToken cancellationToken) =>
            throw new IOException("away");

        public Task WriteAsync(string name, byte[] bytes, CancellationToken cancellationToken) =>
            throw new IOException("away");

        public Task<byte[]?> ReadAsync(string name, CancellationToken cancellationToken) =>
            throw new IOException("away");

        public Task RemoveAsync(string name, CancellationToken cancellationToken) => throw new IOException("away");
    }
}
