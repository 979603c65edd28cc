using Microsoft.Win32.SafeHandles;

namespace Fecom.Learning.XGBoost;

/// <summary>Owns a booster.</summary>
internal sealed unsafe class BoosterHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    public BoosterHandle(nint booster)
        : base(ownsHandle: true) => SetHandle(booster);

    /// <summary>A booster that knows the matrices it will be trained and evaluated on.</summary>
    public static BoosterHandle Create(ReadOnlySpan<nint> matrices)
    {
        fixed (nint* first = matrices)
        {
            NativeMethods.Check(NativeMethods.XGBoosterCreate(first, (ulong)matrices.Length, out nint booster));
            return new BoosterHandle(booster);
        }
    }

    protected override bool ReleaseHandle() => NativeMethods.XGBoosterFree(handle) == 0;
}

/// <summary>Owns a matrix.</summary>
internal sealed class MatrixHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    public MatrixHandle(nint matrix)
        : base(ownsHandle: true) => SetHandle(matrix);

    protected override bool ReleaseHandle() => NativeMethods.XGDMatrixFree(handle) == 0;
}
