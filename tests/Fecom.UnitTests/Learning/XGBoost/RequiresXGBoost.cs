using Fecom.Learning.XGBoost;
using Xunit;

namespace Fecom.UnitTests.Learning.XGBoost;

/// <summary>Skips a test where the native library is not installed; with <c>CI</c> set it fails instead.</summary>
internal static class RequiresXGBoost
{
    public static void OrSkip()
    {
        XGBoostLibrary.Use(Environment.GetEnvironmentVariable("XGBoost__LibraryPath"));
        try
        {
            _ = XGBoostLibrary.Version;
        }
        catch (DllNotFoundException missing) when (Environment.GetEnvironmentVariable("CI") is null)
        {
            Assert.Skip(missing.Message);
        }
    }
}
