using Fecom.Learning.Purchase;
using Fecom.Platform.ObjectStore;
using Fecom.Training.RegisterModels;

namespace Fecom.Training.TunePurchaseModel;

/// <summary>The rows of the study under way: made once, stored where the models are, and read once by each host.</summary>
internal sealed class StudyData(IFileStore files) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private (string Path, PurchaseTrials Rows)? _held;

    /// <summary>Where the rows of a study lie.</summary>
    public static string PathOf(long study) => FormattableString.Invariant($"studies/{study}/rows.bin");

    /// <summary>Stores rows for every host.</summary>
    public async Task<StudyRows> StoreAsync(
        long study,
        PurchaseTrials rows,
        string fingerprint,
        CancellationToken cancellationToken
    )
    {
        byte[] file = rows.Save();
        await files.WriteAsync(PathOf(study), file, cancellationToken);
        return new StudyRows(ArtifactStore.HashOf(file), fingerprint, rows.Rows);
    }

    /// <summary>The rows of a study.</summary>
    /// <exception cref="InvalidDataException">The file is gone, or is not what was stored.</exception>
    public async Task<PurchaseTrials> ReadAsync(Study study, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_held is { } held && held.Path == study.DataPath)
            {
                return held.Rows;
            }

            LetGo();
            byte[]? file = await files.ReadAsync(study.DataPath, cancellationToken);
            if (file is null || ArtifactStore.HashOf(file) != study.DataSha256)
            {
                throw new InvalidDataException(
                    $"The study's rows, {study.DataPath} in the store of models, are gone or are not what was stored. A new study makes its own."
                );
            }

            PurchaseTrials rows = PurchaseTrials.Load(file);
            _held = (study.DataPath, rows);
            return rows;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Lets go of the rows in memory.</summary>
    public async Task ForgetAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        LetGo();
        _turn.Release();
    }

    /// <summary>Removes the file of a study, if it is there.</summary>
    public Task RemoveAsync(string path, CancellationToken cancellationToken) =>
        files.RemoveAsync(path, cancellationToken);

    public void Dispose()
    {
        LetGo();
        _turn.Dispose();
    }

    private void LetGo()
    {
        _held?.Rows.Free();
        _held = null;
    }
}
