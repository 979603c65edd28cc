using Fecom.Platform.Messaging;
using Xunit;

namespace Fecom.UnitTests.Platform;

public sealed class YoungGarbageTests
{
    [Fact]
    public void CollectWhenMuch_WhenMuchHasComeSinceTheLastTime_Collects()
    {
        long allocated = 1_000;
        int collected = 0;
        YoungGarbage garbage = new(() => allocated, () => collected++);

        allocated += YoungGarbage.Much - 1;
        garbage.CollectWhenMuch();
        Assert.Equal(0, collected);

        allocated++;
        garbage.CollectWhenMuch();
        garbage.CollectWhenMuch();
        Assert.Equal(1, collected);

        allocated += YoungGarbage.Much;
        garbage.CollectWhenMuch();
        Assert.Equal(2, collected);
    }
}
